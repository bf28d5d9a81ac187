-- A Wireshark dissector for the Reckon protocol, version 1 (docs/PROTOCOL.md).
--
--   tshark -X lua_script:reckon.lua -r match.pcapng
--
-- or put this file into the personal Lua plugins folder (Help, About
-- Wireshark, Folders). docs/TRACING.md shows what to do with it.
--
-- Keys come from the capture itself, if it was made with them, or from a key
-- log (preference "Key log"). Packets are decrypted and their tags are not
-- verified unless the preference says so: that a key is wrong shows in frames
-- that make no sense.
--
-- It runs on Lua 5.2 (Wireshark 4.0, 4.2) and on Lua 5.3 and 5.4 (Wireshark
-- 4.4 and newer).

-- Bits ---------------------------------------------------------------------

local band, bor, bxor, rotl, rotr, rshift, lshift

if _VERSION == "Lua 5.1" or _VERSION == "Lua 5.2" then
  band, bor, bxor = bit32.band, bit32.bor, bit32.bxor
  rotl, rotr = bit32.lrotate, bit32.rrotate
  rshift, lshift = bit32.rshift, bit32.lshift
else
  -- The operators are errors of syntax before Lua 5.3: hide them.
  band, bor, bxor, rotl, rotr, rshift, lshift = load([[
    return function(a, b) return a & b end,
      function(a, b) return a | b end,
      function(a, b) return a ~ b end,
      function(a, n) a = a & 0xffffffff return (a << n | a >> (32 - n)) & 0xffffffff end,
      function(a, n) a = a & 0xffffffff return (a >> n | a << (32 - n)) & 0xffffffff end,
      function(a, n) return (a & 0xffffffff) >> n end,
      function(a, n) return (a << n) & 0xffffffff end
  ]])()
end

local floor, char, byte, format = math.floor, string.char, string.byte, string.format

local function unhex(s)
  return (s:gsub("%x%x", function(h) return char(tonumber(h, 16)) end))
end

local function hex(s)
  return (s:gsub(".", function(c) return format("%02x", byte(c)) end))
end

local function u16(s, i) return byte(s, i) + 256 * byte(s, i + 1) end

local function word_le(s, i)
  local a, b, c, d = byte(s, i, i + 3)
  return a + 256 * b + 65536 * c + 16777216 * d
end

local function word_be(s, i)
  local a, b, c, d = byte(s, i, i + 3)
  return d + 256 * c + 65536 * b + 16777216 * a
end

local function bytes_le(w)
  return char(band(w, 255), band(rshift(w, 8), 255), band(rshift(w, 16), 255), rshift(w, 24))
end

local function bytes_be(w)
  return char(rshift(w, 24), band(rshift(w, 16), 255), band(rshift(w, 8), 255), band(w, 255))
end

-- ChaCha20 (RFC 8439) --------------------------------------------------------

local function quarter(x, a, b, c, d)
  local xa, xb, xc, xd = x[a], x[b], x[c], x[d]
  xa = (xa + xb) % 4294967296; xd = rotl(bxor(xd, xa), 16)
  xc = (xc + xd) % 4294967296; xb = rotl(bxor(xb, xc), 12)
  xa = (xa + xb) % 4294967296; xd = rotl(bxor(xd, xa), 8)
  xc = (xc + xd) % 4294967296; xb = rotl(bxor(xb, xc), 7)
  x[a], x[b], x[c], x[d] = xa, xb, xc, xd
end

-- chacha_block returns the 16 words of the key stream.
local function chacha_block(key, counter, nonce)
  local s = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }
  for i = 0, 7 do s[5 + i] = word_le(key, 1 + 4 * i) end
  s[13] = counter
  for i = 0, 2 do s[14 + i] = word_le(nonce, 1 + 4 * i) end
  local x = {}
  for i = 1, 16 do x[i] = s[i] end
  for _ = 1, 10 do
    quarter(x, 1, 5, 9, 13); quarter(x, 2, 6, 10, 14)
    quarter(x, 3, 7, 11, 15); quarter(x, 4, 8, 12, 16)
    quarter(x, 1, 6, 11, 16); quarter(x, 2, 7, 12, 13)
    quarter(x, 3, 8, 9, 14); quarter(x, 4, 5, 10, 15)
  end
  for i = 1, 16 do x[i] = (x[i] + s[i]) % 4294967296 end
  return x
end

-- xor_stream xors data with what block(n) gives, n = 0, 1, 2 …: as many words,
-- which to_bytes turns into bytes.
local function xor_stream(data, words, block, from_bytes, to_bytes)
  local out, size = {}, #data
  data = data .. ("\0"):rep(-size % (4 * words))
  local n = 0
  for at = 1, size, 4 * words do
    local stream = block(n)
    for i = 1, words do
      out[#out + 1] = to_bytes(bxor(from_bytes(data, at + 4 * (i - 1)), stream[i]))
    end
    n = n + 1
  end
  return table.concat(out):sub(1, size)
end

local function chacha20(secret, nonce, data)
  return xor_stream(data, 16, function(n) return chacha_block(secret.key, n + 1, nonce) end,
    word_le, bytes_le)
end

-- AES-256 in counter mode (FIPS 197, NIST SP 800-38D) -------------------------

local sbox, te -- made when first needed

local function aes_tables()
  if sbox then return end
  sbox, te = {}, { {}, {}, {}, {} }
  local p, q = 1, 1
  repeat -- p runs over all but zero, q over the inverses
    p = band(bxor(p, bxor(lshift(p, 1), p >= 128 and 0x11b or 0)), 255)
    q = bxor(q, lshift(q, 1)); q = bxor(q, lshift(q, 2)); q = band(bxor(q, lshift(q, 4)), 255)
    if q >= 128 then q = bxor(q, 9) end
    local r = q + 256 * q -- so that shifts rotate eight bits
    local x = bxor(bxor(q, rshift(r, 7)), bxor(rshift(r, 6), bxor(rshift(r, 5), rshift(r, 4))))
    sbox[p] = bxor(band(x, 255), 0x63)
  until p == 1
  sbox[0] = 0x63
  for i = 0, 255 do
    local s = sbox[i]
    local s2 = band(bxor(lshift(s, 1), s >= 128 and 0x11b or 0), 255)
    local w = s2 * 16777216 + s * 65536 + s * 256 + bxor(s2, s)
    for t = 1, 4 do
      te[t][i] = w
      w = rotr(w, 8)
    end
  end
end

local function sub_word(w)
  return sbox[rshift(w, 24)] * 16777216 + sbox[band(rshift(w, 16), 255)] * 65536 +
    sbox[band(rshift(w, 8), 255)] * 256 + sbox[band(w, 255)]
end

local function aes_expand(key)
  aes_tables()
  local w, rcon = {}, 1
  for i = 0, 7 do w[i] = word_be(key, 1 + 4 * i) end
  for i = 8, 59 do
    local t = w[i - 1]
    if i % 8 == 0 then
      t = bxor(sub_word(rotl(t, 8)), rcon * 16777216)
      rcon = rcon * 2
    elseif i % 8 == 4 then
      t = sub_word(t)
    end
    w[i] = bxor(w[i - 8], t)
  end
  return w
end

local function aes_block(w, a, b, c, d)
  local t0, t1, t2, t3 = te[1], te[2], te[3], te[4]
  a, b, c, d = bxor(a, w[0]), bxor(b, w[1]), bxor(c, w[2]), bxor(d, w[3])
  local function mix(p, q, r, s, k)
    return bxor(bxor(t0[rshift(p, 24)], t1[band(rshift(q, 16), 255)]),
      bxor(bxor(t2[band(rshift(r, 8), 255)], t3[band(s, 255)]), k))
  end
  for round = 4, 52, 4 do
    a, b, c, d = mix(a, b, c, d, w[round]), mix(b, c, d, a, w[round + 1]),
      mix(c, d, a, b, w[round + 2]), mix(d, a, b, c, w[round + 3])
  end
  local function last(p, q, r, s, k)
    return bxor(sbox[rshift(p, 24)] * 16777216 + sbox[band(rshift(q, 16), 255)] * 65536 +
      sbox[band(rshift(r, 8), 255)] * 256 + sbox[band(s, 255)], k)
  end
  return last(a, b, c, d, w[56]), last(b, c, d, a, w[57]), last(c, d, a, b, w[58]), last(d, a, b, c, w[59])
end

local function aes256ctr(secret, nonce, data)
  secret.schedule = secret.schedule or aes_expand(secret.key)
  local w = secret.schedule
  local a, b, c = word_be(nonce, 1), word_be(nonce, 5), word_be(nonce, 9)
  -- Counter 1 encrypts the tag, so the data begin at 2.
  return xor_stream(data, 4, function(n) return { aes_block(w, a, b, c, n + 2) } end, word_be, bytes_be)
end

-- Tags: Poly1305 (RFC 8439, section 2.5) and GHASH (SP 800-38D, section 6.4) ---

-- Poly1305 in ten limbs of 13 bits, so that sums of products stay exact.
local function limbs(s, from, extra)
  local h, acc, bits, n = {}, 0, 0, 0
  for i = from, from + 15 do
    acc = acc + (byte(s, i) or 0) * 2 ^ bits
    bits = bits + 8
    while bits >= 13 do
      n = n + 1
      h[n] = acc % 8192
      acc, bits = floor(acc / 8192), bits - 13
    end
  end
  h[10] = acc + (extra or 0) -- bits 117 and up
  return h
end

local function poly1305(key, message)
  local r_bytes = {}
  for i = 1, 16 do
    local b = byte(key, i)
    if i == 4 or i == 8 or i == 12 or i == 16 then b = band(b, 15) end
    if i == 5 or i == 9 or i == 13 then b = band(b, 252) end
    r_bytes[i] = char(b)
  end
  local r = limbs(table.concat(r_bytes), 1)
  local h = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  for at = 1, #message, 16 do -- message is padded to 16
    local m = limbs(message, at, 2048) -- 2^128 in the limb of 2^117
    local d = {}
    for i = 1, 10 do h[i] = h[i] + m[i] end
    for i = 1, 10 do
      local sum = 0
      for j = 1, 10 do
        local k = i - j + 1
        if k >= 1 then sum = sum + h[j] * r[k] else sum = sum + 5 * h[j] * r[k + 10] end
      end
      d[i] = sum
    end
    local carry = 0
    for i = 1, 10 do
      local v = d[i] + carry
      h[i] = v % 8192
      carry = floor(v / 8192)
    end
    h[1] = h[1] + 5 * carry
    carry = floor(h[1] / 8192)
    h[1] = h[1] % 8192
    h[2] = h[2] + carry
  end
  for _ = 1, 2 do -- carry all the way
    local carry = 0
    for i = 1, 10 do
      local v = h[i] + carry
      h[i] = v % 8192
      carry = floor(v / 8192)
    end
    h[1] = h[1] + 5 * carry
  end
  local g, carry = {}, 5 -- h - p, where that is not negative
  for i = 1, 10 do
    local v = h[i] + carry
    g[i] = v % 8192
    carry = floor(v / 8192)
  end
  if carry > 0 then h = g end
  local out, acc, bits, n = {}, 0, 0, 1
  carry = 0
  for i = 1, 16 do
    while bits < 8 and n <= 10 do
      acc = acc + h[n] * 2 ^ bits
      bits, n = bits + 13, n + 1
    end
    local v = acc % 256 + byte(key, 16 + i) + carry
    out[i] = char(v % 256)
    carry = floor(v / 256)
    acc, bits = floor(acc / 256), bits - 8
  end
  return table.concat(out)
end

local function pad16(s) return s .. ("\0"):rep(-#s % 16) end

local function chacha_tag(secret, nonce, header, sealed)
  local block = chacha_block(secret.key, 0, nonce)
  local key = {}
  for i = 1, 8 do key[i] = bytes_le(block[i]) end
  return poly1305(table.concat(key), pad16(header) .. pad16(sealed) ..
    bytes_le(#header) .. "\0\0\0\0" .. bytes_le(#sealed) .. "\0\0\0\0")
end

-- GHASH with a table of 16 multiples of the key, four bits at a time.
local function ghash_table(secret)
  local h = { aes_block(secret.schedule, 0, 0, 0, 0) }
  local function halve(v) -- times x
    local low = v[4] % 2
    return {
      bxor(rshift(v[1], 1), low == 1 and 0xe1000000 or 0),
      bor(rshift(v[2], 1), lshift(v[1] % 2, 31)),
      bor(rshift(v[3], 1), lshift(v[2] % 2, 31)),
      bor(rshift(v[4], 1), lshift(v[3] % 2, 31)),
    }
  end
  local t = { [0] = { 0, 0, 0, 0 }, [8] = h }
  t[4] = halve(t[8]); t[2] = halve(t[4]); t[1] = halve(t[2])
  for _, i in ipairs({ 2, 4, 8 }) do
    for j = 1, i - 1 do
      t[i + j] = {}
      for k = 1, 4 do t[i + j][k] = bxor(t[i][k], t[j][k]) end
    end
  end
  -- What four bits shifted out at the low end come back as.
  local reduce = {}
  for i = 0, 15 do
    local v = { 0, 0, 0, i }
    for _ = 1, 4 do v = halve(v) end
    reduce[i] = v[1]
  end
  return t, reduce
end

local function gcm_tag(secret, nonce, header, sealed)
  secret.schedule = secret.schedule or aes_expand(secret.key)
  if not secret.ghash then secret.ghash, secret.reduce = ghash_table(secret) end
  local t, reduce = secret.ghash, secret.reduce
  local data = pad16(header) .. pad16(sealed) ..
    "\0\0\0\0" .. bytes_be(8 * #header) .. "\0\0\0\0" .. bytes_be(8 * #sealed)
  local a, b, c, d = 0, 0, 0, 0
  for at = 1, #data, 16 do
    local x = { bxor(a, word_be(data, at)), bxor(b, word_be(data, at + 4)),
      bxor(c, word_be(data, at + 8)), bxor(d, word_be(data, at + 12)) }
    a, b, c, d = 0, 0, 0, 0
    for w = 4, 1, -1 do
      local v = x[w]
      for _ = 1, 8 do
        local out = d % 16
        d = bor(rshift(d, 4), lshift(c % 16, 28))
        c = bor(rshift(c, 4), lshift(b % 16, 28))
        b = bor(rshift(b, 4), lshift(a % 16, 28))
        a = bxor(rshift(a, 4), reduce[out])
        local m = t[v % 16]
        a, b, c, d = bxor(a, m[1]), bxor(b, m[2]), bxor(c, m[3]), bxor(d, m[4])
        v = rshift(v, 4)
      end
    end
  end
  local e = { aes_block(secret.schedule, word_be(nonce, 1), word_be(nonce, 5), word_be(nonce, 9), 1) }
  return bytes_be(bxor(a, e[1])) .. bytes_be(bxor(b, e[2])) .. bytes_be(bxor(c, e[3])) .. bytes_be(bxor(d, e[4]))
end

local suites = {
  [1] = { name = "ChaCha20-Poly1305", open = chacha20, tag = chacha_tag },
  [2] = { name = "AES-256-GCM", open = aes256ctr, tag = gcm_tag },
}

-- Checksums of plaintext mode (6.8) -----------------------------------------

local crc_table

local function crc32c(s)
  if not crc_table then
    crc_table = {}
    for i = 0, 255 do
      local c = i
      for _ = 1, 8 do c = bxor(rshift(c, 1), c % 2 == 1 and 0x82f63b78 or 0) end
      crc_table[i] = c
    end
  end
  local c = 0xffffffff
  for i = 1, #s do c = bxor(rshift(c, 8), crc_table[bxor(c % 256, byte(s, i))]) end
  return bytes_be(bxor(c, 0xffffffff))
end

-- fnv64 is FNV-1a, 64 bits, as bytes, lowest first. It counts in four limbs of
-- 16 bits; the prime is 2^40 + 0x1b3.
local function fnv64(s)
  local a, b, c, d = 0x2325, 0x8422, 0x9ce4, 0xcbf2
  for i = 1, #s do
    a = bxor(a, byte(s, i))
    local ta, tb = a * 0x1b3, b * 0x1b3
    local tc = c * 0x1b3 + (a * 256) % 65536
    local td = d * 0x1b3 + floor(a / 256) + (b * 256) % 65536
    tb = tb + floor(ta / 65536)
    tc = tc + floor(tb / 65536)
    td = td + floor(tc / 65536)
    a, b, c, d = ta % 65536, tb % 65536, tc % 65536, td % 65536
  end
  return bytes_le(a + 65536 * b) .. bytes_le(c + 65536 * d)
end

-- nonce_of is iv xor (0⁴ ‖ number), section 6.7.
local function nonce_of(iv, number)
  local high, low = floor(number / 4294967296), number % 4294967296
  return iv:sub(1, 4) .. bytes_be(bxor(word_be(iv, 5), high)) .. bytes_be(bxor(word_be(iv, 9), low))
end

if not Proto then -- outside Wireshark: the test of the ciphers
  return { chacha20 = chacha20, aes256ctr = aes256ctr, chacha_tag = chacha_tag, gcm_tag = gcm_tag,
    nonce_of = nonce_of, hex = hex, unhex = unhex }
end

-- Names --------------------------------------------------------------------

local handshake_names = {
  [0x50] = "Hello", [0x51] = "Retry", [0x52] = "Initiate", [0x53] = "Respond",
  [0x54] = "Finish", [0x55] = "Refuse", [0x56] = "Rejoin", [0x57] = "Resume",
}
local from_client = { [0x50] = true, [0x52] = true, [0x54] = true, [0x56] = true }
local mode_names = { [0] = "IK", [1] = "XX", [2] = "plaintext", [3] = "ticket" }
local refuse_names = { [1] = "version", [2] = "mode", [3] = "key" }
local suite_names = { [0] = "none (plaintext)", [1] = "ChaCha20-Poly1305", [2] = "AES-256-GCM" }
local form_names = { [0] = "short run", [1] = "run", [2] = "bits", [3] = "wide" }
local kind_names = {
  [0] = "control", [1] = "message", [2] = "fragment", [3] = "whole",
  [4] = "first", [5] = "middle", [6] = "last", [7] = "extension",
}
local control_names = {
  [0] = "padding", [1] = "ping", [2] = "close", [3] = "challenge", [4] = "response",
  [5] = "ticket", [6] = "observed address", [7] = "ECN",
}
local close_names = {
  [0] = "normal", [1] = "timeout", [2] = "full", [3] = "kicked", [4] = "banned",
  [5] = "wrong version", [6] = "shutting down", [7] = "redirect", [8] = "protocol",
  [9] = "key limit", [10] = "wrong mode", [11] = "wrong key", [12] = "replaced",
  [13] = "bad token", [14] = "moved",
}
local param_names = { [1] = "token", [2] = "features", [3] = "early data" }

-- Fields -------------------------------------------------------------------

local reckon = Proto("reckon", "Reckon")
local F = {}

local function field(name, kind, title, ...)
  F[name] = ProtoField[kind]("reckon." .. name, title, ...)
end

field("type", "uint8", "Type", base.HEX, handshake_names)
field("connection", "string", "Connection") -- its client ID
field("direction", "string", "Direction")
field("version", "uint16", "Version")
field("mode", "uint8", "Mode", base.DEC, mode_names)
field("client_id", "bytes", "Client ID")
field("cookie", "bytes", "Cookie")
field("message", "bytes", "Noise message")
field("message.length", "uint16", "Noise message length")
field("pad", "bytes", "Padding")
field("rest", "bytes", "Rest")
field("refuse", "uint8", "Refused for", base.DEC, refuse_names)
field("suites", "uint8", "Suites offered", base.HEX)
field("suite", "uint8", "Suite", base.DEC, suite_names)
field("salt", "bytes", "Salt")
field("name", "string", "Game")
field("build", "uint32", "Build")
field("schema", "uint64", "Schema", base.HEX)
field("hello", "bytes", "Hello")
field("checksum", "uint32", "Checksum", base.HEX)
field("parameter", "none", "Parameter")
field("parameter.type", "uint8", "Type", base.DEC, param_names)
field("parameter.length", "uint16", "Length")
field("parameter.value", "bytes", "Value")
field("features", "uint32", "Features", base.HEX)

field("flags", "uint8", "First byte", base.HEX)
field("flags.phase", "uint8", "Key phase bit", base.DEC, nil, 0x10)
field("flags.long", "uint8", "Number of 3 bytes", base.DEC, nil, 0x08)
field("flags.ack", "uint8", "Ack form", base.DEC, form_names, 0x06)
field("flags.id", "uint8", "Connection ID follows", base.DEC, nil, 0x01)
field("conn_id", "bytes", "Connection ID")
field("number.wire", "uint24", "Number on the wire")
field("number", "uint64", "Packet number")
field("key_phase", "uint64", "Key phase")
field("decrypted", "bool", "Decrypted")
field("duplicate", "bool", "Seen before")
field("sealed", "bytes", "Sealed")
field("tag", "bytes", "Tag")
field("tag.good", "bool", "Tag verified")

field("ack", "none", "Ack")
field("ack.count", "uint8", "Count", base.HEX)
field("ack.newest.wire", "uint16", "Newest on the wire")
field("ack.newest", "uint64", "Newest")
field("ack.delay", "double", "Delay in ms")
field("ack.word", "uint32", "Word", base.HEX)
field("ack.run", "uint16", "Run")
field("ack.ranges", "string", "Received")
field("ack.missing", "uint32", "Missing")

field("frame", "none", "Frame")
field("frame.kind", "uint8", "Kind", base.DEC, kind_names, 0xe0)
field("frame.length_follows", "uint8", "Length follows", base.DEC, nil, 0x10)
field("channel", "uint8", "Channel", base.DEC, nil, 0x0f)
field("control", "uint8", "Control", base.DEC, control_names, 0x0f)
field("extension", "uint8", "Extension", base.DEC, nil, 0x0f)
field("frame.message", "uint16", "Message number")
field("frame.index", "uint8", "Fragment")
field("frame.last", "uint8", "Last fragment")
field("frame.segment", "uint16", "Segment number")
field("frame.length", "uint16", "Length")
field("frame.data", "bytes", "Data")
field("latest.key", "uint16", "Key")
field("latest.version", "uint16", "Version")
field("padding", "uint16", "Bytes")
field("close.reason", "uint8", "Reason", base.DEC, close_names)
field("close.length", "uint8", "Text length")
field("close.text", "string", "Text")
field("path.data", "bytes", "Challenge")
field("ticket.length", "uint8", "Ticket length")
field("ticket.id", "bytes", "Ticket")
field("ticket.lifetime", "uint32", "Lifetime in s")
field("ticket.rest", "bytes", "Of a later build")
field("observed.address", "ipv6", "Observed address")
field("observed.port", "uint16", "Observed port")
field("ecn.marked", "uint32", "Packets marked CE")
field("keys", "string", "Keys")

local fields = {}
for _, v in pairs(F) do fields[#fields + 1] = v end
reckon.fields = fields

local X = {
  malformed = ProtoExpert.new("reckon.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR),
  no_keys = ProtoExpert.new("reckon.no_keys", "No keys", expert.group.UNDECODED, expert.severity.NOTE),
  bad_tag = ProtoExpert.new("reckon.bad_tag", "Tag is wrong", expert.group.CHECKSUM, expert.severity.ERROR),
  repeated = ProtoExpert.new("reckon.repeated", "Packet number seen before", expert.group.SEQUENCE, expert.severity.NOTE),
  gap = ProtoExpert.new("reckon.gap", "Packets before this one are missing", expert.group.SEQUENCE, expert.severity.NOTE),
  late = ProtoExpert.new("reckon.late", "Packet overtaken by others", expert.group.SEQUENCE, expert.severity.NOTE),
  closed = ProtoExpert.new("reckon.closed", "Connection closed", expert.group.SEQUENCE, expert.severity.NOTE),
  refused = ProtoExpert.new("reckon.refused", "Connection refused", expert.group.RESPONSE_CODE, expert.severity.WARN),
}
local experts = {}
for _, v in pairs(X) do experts[#experts + 1] = v end
reckon.experts = experts

reckon.prefs.keylog = Pref.string("Key log", "", "File with keys, as trace.KeyLog writes it")
reckon.prefs.id_length = Pref.uint("Length of connection IDs", 3,
  "Where neither the handshake nor a key tells it")
reckon.prefs.verify = Pref.bool("Verify tags", false, "Slow; finds packets that were changed on the way")
reckon.prefs.latest = Pref.string("ReliableLatest channels", "",
  "Numbers of the channels with this mode, such as 3,5: the protocol does not say")

-- Game developers can decode their messages: DissectorTable.get("reckon.channel"):add(2, mine).
local channel_table = DissectorTable.new("reckon.channel", "Reckon channel", ftypes.UINT8, base.DEC)

-- State of a capture -------------------------------------------------------

local S

local function reset()
  S = {
    clients = {}, -- connections by client ID
    ids = {},     -- and by connection ID
    pairs = {},   -- and by "client|server" address
    lengths = {}, -- of connection IDs, by server address
    frames = {},  -- what was found out about each packet, by number of the frame
  }
end
reset()

local function connection(client_id)
  local c = S.clients[client_id]
  if not c then
    c = { client = client_id, keys = {}, up = { next = 0, seen = {}, phase = 0, acked = 0, taken = -1 },
      down = { next = 0, seen = {}, phase = 0, acked = 0, taken = -1 } }
    S.clients[client_id] = c
  end
  return c
end

-- learn_id notes the connection ID of c, as it travels, in hexadecimal.
local function learn_id(c, id, server)
  c.id, S.ids[id] = id, c
  if server then S.lengths[server] = #id / 2 end
end

-- take_key reads a line of a key log.
local function take_key(line)
  local trace, id, phase, suite, ck, civ, sk, siv =
    line:match("^RECKON1 (%x+) (%S+) (%d+) (%d+) (%S+) (%S+) (%S+) (%S+)")
  if not trace or #trace ~= 16 then return nil end
  local c = connection(trace)
  if id ~= "-" then
    learn_id(c, id)
    S.key_length = #id / 2
  end
  phase, suite = tonumber(phase), tonumber(suite)
  if suite == 0 then
    c.plain = true
  elseif suites[suite] and #ck == 64 and #sk == 64 and #civ == 24 and #siv == 24 then
    c.keys[phase] = { suite = suite, up = { key = unhex(ck), iv = unhex(civ) },
      down = { key = unhex(sk), iv = unhex(siv) } }
  else
    return nil
  end
  return c, phase, suite
end

function reckon.init()
  reset()
  local name = reckon.prefs.keylog
  if name and name ~= "" then
    local file = io.open(name, "r")
    if file then
      for line in file:lines() do take_key(line) end
      file:close()
    end
  end
end

local function address(host, port) return tostring(host) .. ":" .. tostring(port) end

-- Handshake ----------------------------------------------------------------

local function malformed(item, why)
  item:add_proto_expert_info(X.malformed, why)
end

-- checksum_of notes what the checksums of a connection begin with, as soon as
-- game and salt are known.
local function checksum_of(c)
  if c.game and c.salt then
    c.prefix = fnv64("reckon 1 " .. c.game):reverse() .. fnv64(unhex(c.client) .. c.salt)
  end
end

-- check_sum tells whether the checksum at the end of a message is right.
local function check_sum(tvb, tree, good)
  tree:add(F["tag.good"], tvb, good):set_generated()
  if not good then tree:add_proto_expert_info(X.bad_tag) end
  return good
end

-- params decodes the parameters at the tail of ClientInfo and ServerInfo.
local function params(tvb, at, stop, tree)
  local seen = {}
  while at < stop do
    if stop - at < 3 or stop - at - 3 < tvb(at + 1, 2):le_uint() then
      return malformed(tree:add(F.rest, tvb(at, stop - at)), "parameter is short")
    end
    local kind, size = tvb(at, 1):uint(), tvb(at + 1, 2):le_uint()
    local t = tree:add(F.parameter, tvb(at, 3 + size))
    if seen[kind] or (kind == 1 or kind == 3) and size == 0 then malformed(t, "parameter comes twice, or is empty") end
    seen[kind] = true
    t:append_text(": " .. (param_names[kind] or format("unknown (%d)", kind)))
    t:add(F["parameter.type"], tvb(at, 1))
    t:add_le(F["parameter.length"], tvb(at + 1, 2))
    if size > 0 then
      if kind == 2 and size == 4 then
        t:add_le(F.features, tvb(at + 3, 4))
      else
        t:add(F["parameter.value"], tvb(at + 3, size))
      end
    end
    at = at + 3 + size
  end
end

local function identity(tvb, at, stop, tree, c)
  local size = at < stop and tvb(at, 1):uint() or 0
  if size == 0 or size > 32 or stop - at < 1 + size + 12 then
    malformed(tree, "no identity, or one cut short")
    return nil
  end
  tree:add(F.name, tvb(at + 1, size))
  c.game = tvb:raw(at + 1, size)
  checksum_of(c)
  tree:add_le(F.build, tvb(at + 1 + size, 4))
  tree:add_le(F.schema, tvb(at + 5 + size, 8))
  return at + 13 + size
end

-- plain_message decodes the payload that plaintext mode has for a Noise message.
local function plain_message(tvb, at, stop, tree, kind, c, server)
  if stop - at < 5 then return malformed(tree, "message is short") end
  stop = stop - 4
  tree:add(F.checksum, tvb(stop, 4))
  local sum = crc32c("reckon\0\1" .. unhex(c.client) .. "\0\0\0\0\0\0\0" ..
    (kind == 0x52 and "\0" or "\1") .. tvb:raw(at, stop - at))
  check_sum(tvb(stop, 4), tree, sum == tvb:raw(stop, 4))
  if kind == 0x52 then
    tree:add(F.suites, tvb(at, 1))
    at = identity(tvb, at + 1, stop, tree, c)
    if not at then return end
    if stop - at < 2 or stop - at - 2 < tvb(at, 2):le_uint() or tvb(at, 2):le_uint() > 512 then
      return malformed(tree, "hello is short or long")
    end
    local size = tvb(at, 2):le_uint()
    if size > 0 then tree:add(F.hello, tvb(at + 2, size)) end
    return params(tvb, at + 2 + size, stop, tree)
  end
  if stop - at < 10 then return malformed(tree, "message is short") end
  tree:add(F.salt, tvb(at, 8))
  c.salt = tvb:raw(at, 8)
  tree:add(F.suite, tvb(at + 8, 1))
  local size = tvb(at + 9, 1):uint()
  if size < 1 or size > 8 or stop - at - 10 < size then return malformed(tree, "connection ID is short or long") end
  tree:add(F.conn_id, tvb(at + 10, size))
  learn_id(c, hex(tvb:raw(at + 10, size)), server)
  at = identity(tvb, at + 10 + size, stop, tree, c)
  if at then params(tvb, at, stop, tree) end
end

local sizes = { [0x50] = { 1200, 1200 }, [0x51] = { 32, 32 }, [0x52] = { 1200, 1200 },
  [0x53] = { 13, 1200 }, [0x54] = { 13, 1200 }, [0x55] = { 13, 13 }, [0x56] = { 1200, 1200 }, [0x57] = { 13, 1200 } }

local function padding(tvb, at, tree)
  if at >= tvb:len() then return end
  local pad = tree:add(F.pad, tvb(at))
  pad:set_text(format("Padding: %d bytes", tvb:len() - at))
  if tvb:raw(at):find("[^%z]") then pad:append_text(", not all zeros") end
end

local function dissect_handshake(tvb, pinfo, root)
  local kind, size = tvb(0, 1):uint(), tvb:len()
  local tree = root:add(reckon, tvb())
  local name = handshake_names[kind] or format("handshake %02x", kind)
  tree:append_text(", " .. name)
  tree:add(F.type, tvb(0, 1))
  pinfo.cols.protocol = "Reckon"
  if size < 12 then
    pinfo.cols.info = name .. " [short]"
    return malformed(tree, "short")
  end
  tree:add_le(F.version, tvb(1, 2))
  tree:add(F.mode, tvb(3, 1))
  tree:add(F.client_id, tvb(4, 8))
  local version, mode = tvb(1, 2):le_uint(), tvb(3, 1):uint()
  local id = hex(tvb:raw(4, 8))
  tree:add(F.connection, tvb(4, 8), id)
  local info = format("%s %s, client %s", name, mode_names[mode] or "?", id:sub(1, 8))
  if version ~= 1 then
    pinfo.cols.info = format("%s, version %d", info, version)
    tree:append_text(format(", version %d: not decoded", version))
    return
  end
  if not handshake_names[kind] then malformed(tree, "unknown type") end
  if mode > 3 then malformed(tree, "unknown mode") end
  if (mode == 3) ~= (kind == 0x56 or kind == 0x57) and kind ~= 0x51 and kind ~= 0x55 then
    malformed(tree, "this type does not come in this mode")
  end
  local range = sizes[kind]
  if range and (size < range[1] or size > range[2]) then
    pinfo.cols.info = info .. " [size]"
    return malformed(tree, format("has %d bytes, want %d to %d", size, range[1], range[2]))
  end

  local up = from_client[kind]
  local client, server = address(pinfo.src, pinfo.src_port), address(pinfo.dst, pinfo.dst_port)
  if not up then client, server = server, client end
  tree:add(F.direction, tvb(0, 1), up and "up" or "down"):set_generated()
  local c = connection(id)
  c.server, c.mode = server, mode
  if mode == 2 then c.plain = true end
  if not pinfo.visited then
    -- A new Hello does not yet end the connection before it.
    if not S.pairs[client .. "|" .. server] or kind == 0x53 or kind == 0x57 then
      S.pairs[client .. "|" .. server] = c
    end
    if c.id then S.lengths[server] = #c.id / 2 end
  end

  if kind == 0x50 then
    padding(tvb, 12, tree)
  elseif kind == 0x51 then
    tree:add(F.cookie, tvb(12, 20))
  elseif kind == 0x52 or kind == 0x56 then
    local proof = kind == 0x52 and 20 or 16 -- a cookie, or the name of a ticket
    tree:add(kind == 0x52 and F.cookie or F["ticket.id"], tvb(12, proof))
    local at = 12 + proof
    tree:add_le(F["message.length"], tvb(at, 2))
    local n = tvb(at, 2):le_uint()
    at = at + 2
    if n == 0 or n > size - at then
      malformed(tree, "message is empty or reaches beyond the end")
    else
      local m = tree:add(F.message, tvb(at, n))
      if mode == 2 then plain_message(tvb, at, at + n, m, kind, c, server) end
      padding(tvb, at + n, tree)
    end
  elseif kind == 0x55 then
    local reason = tvb(12, 1):uint()
    info = info .. ": " .. (refuse_names[reason] or "?")
    local item = tree:add(F.refuse, tvb(12, 1))
    if refuse_names[reason] then
      item:add_proto_expert_info(X.refused)
    else
      malformed(item, "unknown reason")
    end
  else
    local m = tree:add(F.message, tvb(12))
    if mode == 2 and kind == 0x53 then plain_message(tvb, 12, size, m, kind, c, server) end
  end
  pinfo.cols.info = info
end

-- Ack section (4.2) ----------------------------------------------------------

-- A reader walks over what was opened. Its methods return nil at the end.
local function length_at(raw, at, stop)
  local a = byte(raw, at + 1)
  if at >= stop then return nil, "no length" end
  if a < 128 then return a, nil, 1 end
  if stop - at < 2 then return nil, "half a length" end
  local n = (a - 128) * 256 + byte(raw, at + 2)
  if n < 128 then return nil, "length is not the shortest" end
  return n, nil, 2
end

local function number_text(n) return format("%.0f", n) end

-- spans turns runs, alternately received and missing, going down from the
-- newest, into text, and counts what is missing.
local function spans(newest, runs)
  local parts, missing, at = {}, 0, newest -- at: the next to be told of
  local high = newest                      -- of the span under way
  at = at - 1
  for i, n in ipairs(runs) do
    if i % 2 == 1 then
      at = at - n
    elseif n > 0 then
      local low = at + 1
      parts[#parts + 1] = low == high and number_text(low) or number_text(low) .. "–" .. number_text(high)
      missing = missing + n
      at = at - n
      high = at
    end
  end
  local low = math.max(at + 1, 0)
  if high >= low then
    parts[#parts + 1] = low == high and number_text(low) or number_text(low) .. "–" .. number_text(high)
  end
  return table.concat(parts, ", "), missing
end

-- word_runs turns the bits of an ack into runs. Bits of numbers below zero are
-- left out.
local function word_runs(words, newest)
  local runs, received, n = {}, true, 0
  for i = 0, math.min(32 * #words, newest) - 1 do
    local bit = band(rshift(words[floor(i / 32) + 1], i % 32), 1) == 1
    if bit ~= received then
      runs[#runs + 1] = n
      received, n = bit, 0
    end
    n = n + 1
  end
  runs[#runs + 1] = n
  return runs
end

-- newest_of restores the newest number that an ack names (4.2). mine is the
-- direction of the packet that carries it, theirs the one it acknowledges.
local function newest_of(low, bytes, packet, mine, theirs)
  local w = 256 ^ bytes
  local base = math.max(theirs.acked, 1) - 1
  local newest = base + (low - base) % w
  if not packet.ack then
    packet.stale = packet.number < mine.taken
    if packet.stale then -- a receiver ignores it; this is what it will have meant
      newest = newest - (newest >= theirs.next and newest >= w and w or 0)
    else
      mine.taken = packet.number
      theirs.acked = math.max(theirs.acked, newest + 1)
    end
    packet.ack = newest
  end
  return packet.ack
end

-- ack_section returns where the frames begin and a short text, or nil and why
-- not.
local function ack_section(tvb, raw, form, packet, mine, theirs, tree)
  local size, at = #raw, 0
  local item = tree:add(F.ack, tvb(0, 0))
  local count
  if form == 3 then
    if size < 1 then return nil, "ack is short" end
    count = byte(raw, 1)
    at = 1
    item:add(F["ack.count"], tvb(0, 1))
    if count == 0 then
      item:set_len(1)
      item:append_text(": nothing was received yet")
      return 1, nil
    end
    if count == 1 or count > 8 and (count < 0x81 or count > 0xbf or count % 2 == 0) then
      return nil, format("ack has a count of %d", count)
    end
  end
  local width = form == 0 and 1 or 2
  if size - at < width + 1 then return nil, "ack is short" end
  local low = width == 1 and byte(raw, at + 1) or u16(raw, at + 1)
  local newest = newest_of(low, width, packet, mine, theirs)
  item:add_le(F["ack.newest.wire"], tvb(at, width))
  item:add(F["ack.newest"], tvb(at, width), UInt64.new(newest % 4294967296, floor(newest / 4294967296))):set_generated()
  local delay = byte(raw, at + width + 1) * 0.25
  item:add(F["ack.delay"], tvb(at + width, 1), delay)
  at = at + width + 1

  local runs = { math.min(32, newest) } -- forms 0 and 1
  if form == 3 and count > 8 then
    runs = {}
    local total = 0
    for i = 1, count - 128 do
      local n, why, used = length_at(raw, at, size)
      if not n then return nil, "ack: " .. why end
      total = total + n
      if n == 0 and i > 1 or total >= 4096 then return nil, "ack has a run that cannot be" end
      item:add(F["ack.run"], tvb(at, used), n)
      runs[i], at = n, at + used
    end
  elseif form >= 2 then
    local words = {}
    for i = 1, count or 1 do
      if size - at < 4 then return nil, "ack is short" end
      words[i] = word_le(raw, at + 1)
      item:add_le(F["ack.word"], tvb(at, 4))
      at = at + 4
    end
    if form == 2 and words[1] == 0xffffffff then return nil, "ack has a shorter form" end
    runs = word_runs(words, newest)
  end
  local text, missing = spans(newest, runs)
  item:set_len(at)
  item:add(F["ack.ranges"], tvb(0, at), text):set_generated()
  item:add(F["ack.missing"], tvb(0, at), missing):set_generated()
  item:append_text(format(": %s, delay %s%g ms%s", text, delay == 63.75 and "≥ " or "", delay,
    packet.stale and " (older than one seen: ignored)" or ""))
  return at, "ack " .. (missing > 0 and format("%.0f, %d missing", newest, missing) or format("%.0f", newest))
end

-- Frames (5) -----------------------------------------------------------------

local function control_frame(tvb, raw, at, tree)
  local first, size = byte(raw, at + 1), #raw
  local code, left = first % 16, size - at - 1
  tree:add(F.control, tvb(at, 1))
  local name = control_names[code]
  if band(first, 0x10) ~= 0 then return nil, "control frame with a length" end
  if not name then return nil, format("unknown control code %d", code) end
  if code <= 1 then return at + 1, name end
  if code == 2 then
    if left < 2 or left < 2 + byte(raw, at + 3) then return nil, "close frame is short" end
    local reason, n = byte(raw, at + 2), byte(raw, at + 3)
    local item = tree:add(F["close.reason"], tvb(at + 1, 1))
    item:add_proto_expert_info(X.closed)
    tree:add(F["close.length"], tvb(at + 2, 1))
    local text = close_names[reason] or format("reason %d", reason)
    if n > 0 then
      tree:add(F["close.text"], tvb(at + 3, n))
      text = text .. ": " .. tvb(at + 3, n):string()
    end
    return at + 3 + n, "close (" .. text .. ")"
  elseif code == 3 or code == 4 then
    if left < 8 then return nil, name .. " is short" end
    tree:add(F["path.data"], tvb(at + 1, 8))
    return at + 9, name
  elseif code == 5 then
    if left < 1 or left < 1 + byte(raw, at + 2) then return nil, "ticket is short" end
    local n = byte(raw, at + 2)
    tree:add(F["ticket.length"], tvb(at + 1, 1))
    if n < 20 then return nil, "ticket is short" end
    tree:add(F["ticket.id"], tvb(at + 2, 16))
    tree:add_le(F["ticket.lifetime"], tvb(at + 18, 4))
    if n > 20 then tree:add(F["ticket.rest"], tvb(at + 22, n - 20)) end
    return at + 2 + n, name
  elseif code == 6 then
    if left < 18 then return nil, name .. " is short" end
    tree:add(F["observed.address"], tvb(at + 1, 16))
    tree:add_le(F["observed.port"], tvb(at + 17, 2))
    return at + 19, name
  end
  if left < 4 then return nil, name .. " is short" end
  tree:add_le(F["ecn.marked"], tvb(at + 1, 4))
  return at + 5, name
end

local function is_latest(channel)
  return ("," .. reckon.prefs.latest:gsub("%s", "") .. ","):find("," .. channel .. ",", 1, true)
end

-- message_data shows what a frame carries.
local function message_data(tvb, raw, at, n, kind, channel, pinfo, tree, root)
  if n == 0 then return end
  if kind == 1 and is_latest(channel) then
    local key, _, used = length_at(raw, at, at + n)
    if key and n >= used + 2 then
      tree:add(F["latest.key"], tvb(at, used), key)
      tree:add_le(F["latest.version"], tvb(at + used, 2))
      at, n = at + used + 2, n - used - 2
    else
      malformed(tree, "key and version are short")
    end
    if n == 0 then return end
  end
  tree:add(F["frame.data"], tvb(at, n))
  local game = (kind == 1 or kind == 3) and channel_table:get_dissector(channel)
  if game then game:call(tvb(at, n):tvb(), pinfo, root) end
end

-- frame decodes one frame: it returns where the next begins and a short text,
-- or nil and what is wrong.
local function frame(tvb, raw, at, pinfo, tree, root)
  local first, size, start = byte(raw, at + 1), #raw, at
  local kind, channel, has_length = floor(first / 32), first % 16, band(first, 0x10) ~= 0
  tree:add(F["frame.kind"], tvb(at, 1))
  tree:add(F["frame.length_follows"], tvb(at, 1))
  if kind == 0 then return control_frame(tvb, raw, at, tree) end
  tree:add(kind == 7 and F.extension or F.channel, tvb(at, 1))
  local text = kind == 7 and format("extension %d", channel) or format("%s ch%d", kind_names[kind], channel)
  at = at + 1
  if kind == 2 then
    if size - at < 4 then return nil, "fragment is short" end
    local index, last = byte(raw, at + 3), byte(raw, at + 4)
    tree:add_le(F["frame.message"], tvb(at, 2))
    tree:add(F["frame.index"], tvb(at + 2, 1))
    tree:add(F["frame.last"], tvb(at + 3, 1))
    text = format("%s #%d %d/%d", text, u16(raw, at + 1), index + 1, last + 1)
    if last == 0 or index > last then return nil, "fragment index is beyond the last, or alone" end
    at = at + 4
  elseif kind >= 3 and kind <= 6 then
    if size - at < 2 then return nil, "segment is short" end
    tree:add_le(F["frame.segment"], tvb(at, 2))
    text = format("%s seg %d", text, u16(raw, at + 1))
    at = at + 2
  end
  local n = size - at
  if has_length then
    local value, why, used = length_at(raw, at, size)
    if not value then return nil, why end
    tree:add(F["frame.length"], tvb(at, used), value)
    at, n = at + used, value
    if at + n > size then return nil, "frame reaches beyond the end" end
    if at + n == size then return nil, "the last frame has a length" end
  end
  tree:set_len(at + n - start)
  if kind == 5 and n == 0 then -- of a reliable unordered channel (5.5)
    return at, format("skip ch%d seg %d", channel, u16(raw, start + 2))
  end
  message_data(tvb, raw, at, n, kind, channel, pinfo, tree, root)
  return at + n, format("%s %dB", text, n)
end

-- contents decodes ack section and frames. It returns the texts, or nil and
-- what is wrong.
local function contents(tvb, raw, form, packet, mine, theirs, pinfo, tree, root)
  local texts = {}
  local at, text = ack_section(tvb, raw, form, packet, mine, theirs, tree)
  if not at then return nil, text end
  if text then texts[1] = text end
  while at < #raw do
    local item = tree:add(F.frame, tvb(at, 1))
    local after, what
    if byte(raw, at + 1) == 0 then -- a run of padding is shown as one
      after = (raw:find("[^%z]", at + 1) or #raw + 1) - 1
      item:add(F.padding, tvb(at, after - at), after - at)
      what = format("padding %dB", after - at)
    else
      after, what = frame(tvb, raw, at, pinfo, item, root)
    end
    if not after then
      malformed(item, what)
      return nil, what
    end
    item:set_len(after - at)
    item:append_text(": " .. what)
    texts[#texts + 1] = what
    at = after
  end
  return texts
end

-- Packets (3) ----------------------------------------------------------------

-- expand restores a packet number (4.1).
local function expand(low, bytes, expected)
  local w = 256 ^ bytes
  local candidate = expected - expected % w + low
  if candidate + w / 2 <= expected then
    candidate = candidate + w
  elseif candidate > expected + w / 2 and candidate >= w then
    candidate = candidate - w
  end
  return candidate
end

-- phase_of guesses the phase of the keys from its lowest bit, as a receiver
-- does: later packets belong to the next, earlier ones to the one before.
local function phase_of(c, direction, bit, number)
  local phase = direction.phase
  if phase % 2 == bit then return phase end
  if number >= direction.next and c.keys[phase + 1] or phase == 0 then return phase + 1 end
  return phase - 1
end

-- find returns the connection of a packet, and where its number begins.
local function find(tvb, pinfo)
  local first = tvb(0, 1):uint()
  local src, dst = address(pinfo.src, pinfo.src_port), address(pinfo.dst, pinfo.dst_port)
  if first % 2 == 0 then return S.pairs[dst .. "|" .. src], 1 end
  local c = S.pairs[src .. "|" .. dst]
  local size = c and c.id and #c.id / 2 or S.lengths[dst] or S.key_length or reckon.prefs.id_length
  if tvb:len() < 1 + size then return nil, 1 end
  local id = hex(tvb:raw(1, size))
  if S.ids[id] and S.ids[id] ~= c then
    c = S.ids[id]
    S.pairs[src .. "|" .. dst] = c -- it moved, or we came late
  elseif c and not c.id then
    learn_id(c, id, dst)
  end
  return c, 1 + size, id
end

-- note decides, when a packet is first seen, what it is.
local function note(pinfo, c, up, low, bytes, bit)
  local packet = S.frames[pinfo.number]
  if packet then return packet end
  local d = up and c.up or c.down
  packet = { c = c, expected = d.next }
  packet.number = expand(low, bytes, d.next)
  packet.phase = phase_of(c, d, bit, packet.number)
  packet.duplicate = d.seen[packet.number]
  S.frames[pinfo.number] = packet
  return packet
end

-- open returns the tvb and the bytes of what a packet has sealed, or nil.
local function open(tvb, at, c, up, packet, tree)
  local sealed = tvb:raw(at)
  local overhead = c.plain and 4 or 16
  if #sealed < overhead then
    malformed(tree, "shorter than its tag")
    return nil
  end
  tree:add(F.tag, tvb(tvb:len() - overhead))
  local size = #sealed - overhead
  if size == 0 then
    malformed(tree, "nothing is sealed, not even an ack")
    return nil
  end
  if c.plain then
    if c.prefix then
      local high, low = floor(packet.number / 4294967296), packet.number % 4294967296
      local sum = crc32c(c.prefix .. bytes_be(high) .. bytes_be(low) .. tvb:raw(0, at) .. sealed:sub(1, size))
      if not check_sum(tvb(at + size), tree, sum == sealed:sub(size + 1)) then return nil end
    end
    return tvb(at, size):tvb(), sealed:sub(1, size)
  end
  local keys = c.keys[packet.phase]
  if not keys then
    tree:add_proto_expert_info(X.no_keys)
    return nil
  end
  local secret, suite = up and keys.up or keys.down, suites[keys.suite]
  local nonce = nonce_of(secret.iv, packet.number)
  local body = sealed:sub(1, size)
  if reckon.prefs.verify then
    local good = suite.tag(secret, nonce, tvb:raw(0, at), body) == sealed:sub(size + 1)
    if not check_sum(tvb(at + size), tree, good) then return nil end
  end
  local plain = suite.open(secret, nonce, body)
  return ByteArray.new(plain, true):tvb("Decrypted Reckon"), plain
end

-- accept takes note of a packet that made sense.
local function accept(packet, d)
  if packet.done then return end
  packet.done = true
  packet.skipped = packet.number > d.next and packet.number - d.next or 0
  packet.late = packet.number < d.next and not packet.duplicate
  d.seen[packet.number] = true
  d.next = math.max(d.next, packet.number + 1)
  d.phase = math.max(d.phase, packet.phase)
end

local function summary(texts)
  local shown = {}
  for i = 1, math.min(#texts, 5) do shown[i] = texts[i] end
  local text = table.concat(shown, ", ")
  if #texts > 5 then text = text .. format(", %d more", #texts - 5) end
  return text
end

local function dissect_packet(tvb, pinfo, root)
  pinfo.cols.protocol = "Reckon"
  local tree = root:add(reckon, tvb())
  local first = tvb(0, 1):uint()
  local flags = tree:add(F.flags, tvb(0, 1))
  flags:add(F["flags.phase"], tvb(0, 1))
  flags:add(F["flags.long"], tvb(0, 1))
  flags:add(F["flags.ack"], tvb(0, 1))
  flags:add(F["flags.id"], tvb(0, 1))
  local up, bytes = first % 2 == 1, band(first, 8) ~= 0 and 3 or 1
  local arrow = up and "up" or "down"
  tree:add(F.direction, tvb(0, 1), arrow):set_generated()
  local c, at, id = find(tvb, pinfo)
  if id then tree:add(F.conn_id, tvb(1, #id / 2)) end
  if tvb:len() < at + bytes or up and not id then
    pinfo.cols.info = "packet " .. arrow .. " [short]"
    return malformed(tree, "short")
  end
  tree:add_le(F["number.wire"], tvb(at, bytes))
  local low = tvb(at, bytes):le_uint()
  at = at + bytes
  if not c then
    pinfo.cols.info = format("packet %s of an unknown connection", arrow)
    tree:add_proto_expert_info(X.no_keys, "Nothing is known of this connection")
    if tvb:len() > at then tree:add(F.sealed, tvb(at)) end
    return
  end
  local packet = note(pinfo, c, up, low, bytes, floor(first / 16) % 2)
  local mine, theirs = c.up, c.down
  if not up then mine, theirs = theirs, mine end
  tree:add(F.connection, tvb(0, 1), c.client):set_generated()
  tree:add(F.number, tvb(at - bytes, bytes), UInt64.new(packet.number % 4294967296, floor(packet.number / 4294967296))):set_generated()
  tree:add(F.key_phase, tvb(0, 1), UInt64.new(packet.phase)):set_generated()
  tree:append_text(format(", %s #%.0f", arrow, packet.number))

  local head = format("%s #%.0f", arrow, packet.number)
  local inner, raw = open(tvb, at, c, up, packet, tree)
  tree:add(F.decrypted, tvb(0, 1), inner ~= nil):set_generated()
  if not inner then
    if tvb:len() > at then tree:add(F.sealed, tvb(at)) end
    pinfo.cols.info = head .. " [not decrypted]"
    return
  end
  local texts, why = contents(inner, raw, floor(first / 2) % 4, packet, mine, theirs, pinfo, tree, root)
  if not texts then
    malformed(tree, why .. (c.plain and "" or ": or the key is wrong"))
    pinfo.cols.info = format("%s [malformed: %s]", head, why)
    return
  end
  if not pinfo.visited then accept(packet, mine) end
  if packet.duplicate then
    tree:add(F.duplicate, tvb(0, 1), true):set_generated()
    tree:add_proto_expert_info(X.repeated)
    head = head .. " [again]"
  elseif packet.skipped and packet.skipped > 0 then
    tree:add_proto_expert_info(X.gap, packet.skipped == 1 and
      "1 packet before this one is missing" or format("%.0f packets before this one are missing", packet.skipped))
  elseif packet.late then
    tree:add_proto_expert_info(X.late)
    head = head .. " [late]"
  end
  pinfo.cols.info = head .. "  " .. summary(texts)
end

-- Keys in the capture ----------------------------------------------------------

local function dissect_keys(tvb, pinfo, root)
  pinfo.cols.protocol = "Reckon"
  local tree = root:add(reckon, tvb())
  tree:add(F.keys, tvb())
  local c, phase, suite = take_key(tvb:raw())
  if not c then
    pinfo.cols.info = "keys [malformed]"
    return malformed(tree, "this is no line of a key log")
  end
  tree:add(F.connection, tvb(), c.client)
  pinfo.cols.info = format("keys of %s, phase %d, %s", c.client:sub(1, 8), phase, suite_names[suite] or "?")
end

-- Entry ------------------------------------------------------------------------

local function is_keys(tvb) return tvb:len() > 40 and tvb:raw(0, 8) == "RECKON1 " end

function reckon.dissector(tvb, pinfo, root)
  if tvb:len() == 0 then return 0 end
  local first = tvb(0, 1):uint()
  if first >= 0xc0 and first <= 0xdf then
    dissect_packet(tvb, pinfo, root)
  elseif first >= 0x50 and first <= 0x5f and not is_keys(tvb) then
    dissect_handshake(tvb, pinfo, root)
  elseif is_keys(tvb) then
    dissect_keys(tvb, pinfo, root)
  else
    return 0 -- STUN, DTLS, a server query: others share the port
  end
  return tvb:len()
end

-- ours recognises what cannot well be anything else.
local function ours(tvb, pinfo)
  if tvb:len() < 2 then return false end
  if is_keys(tvb) then return true end
  local first = tvb(0, 1):uint()
  if first >= 0xc0 and first <= 0xdf then return (find(tvb, pinfo)) ~= nil end
  local range = sizes[first]
  if not range or tvb:len() < range[1] or tvb:len() > range[2] then return false end
  if tvb(1, 2):le_uint() ~= 1 or tvb(3, 1):uint() > 3 then return false end
  return range[1] == range[2] or S.clients[hex(tvb:raw(4, 8))] ~= nil
end

reckon:register_heuristic("udp", function(tvb, pinfo, root)
  if not ours(tvb, pinfo) then return false end
  reckon.dissector(tvb, pinfo, root)
  return true
end)

DissectorTable.get("udp.port"):add_for_decode_as(reckon)
