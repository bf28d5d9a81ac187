package run

// goldenDigest is that of the scenario short with seed 5.
const goldenDigest = "0x615f7121680594df"
