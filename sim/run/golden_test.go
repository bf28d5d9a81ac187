package run

// goldenDigest is that of the scenario short with seed 5.
const goldenDigest = "0xc32c2a3d3105db1b"
