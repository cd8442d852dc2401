/// Ids and tokens of the simulated PBX, repeatable for a given seed (SplitMix64).
struct IdentifierSource: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// 32 lower-case hexadecimal digits, the shape of the PBX's call ids.
    mutating func hexadecimal32() -> String {
        [next(), next()]
            .map { word in
                let digits = String(word, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }
            .joined()
    }

    /// 30 letters and digits, the shape of the PBX's access tokens.
    mutating func accessToken() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var token = ""
        for _ in 0..<30 {
            token.append(alphabet[Int.random(in: alphabet.indices, using: &self)])
        }
        return token
    }
}
