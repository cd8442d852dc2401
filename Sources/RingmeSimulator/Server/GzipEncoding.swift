/// A gzip member (RFC 1952) of stored blocks (RFC 1951, 3.2.4): nothing gets smaller, but a client must really unpack it.
enum GzipEncoding {
    /// Where the complement of the first block's length is, by which an unpacker checks it.
    static let lengthCheckOffset = 13

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
        var start = 0
        repeat {
            let end = min(start + Int(UInt16.max), bytes.count)
            let length = UInt16(end - start)
            output.append(end == bytes.count ? 1 : 0)
            append(length, to: &output)
            append(~length, to: &output)
            output += bytes[start..<end]
            start = end
        } while start < bytes.count
        append(checksum(bytes), to: &output)
        append(UInt32(truncatingIfNeeded: bytes.count), to: &output)
        return output
    }

    /// A small member that unpacks to `size` bytes at least: a run of zeros in one block of fixed codes (RFC 1951, 3.2.6).
    ///
    /// The four bytes before the run bring the checksum's register to zero, and zeros leave it there: so the checksum is right
    /// without a look at the whole run.
    static func bomb(unpackingTo size: Int) -> [UInt8] {
        let runs = size / 258 + 1
        var bits = BitWriter(bytes: [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
        bits.append(0b110, count: 3)  // the last block, of fixed codes
        for _ in 0..<4 {
            bits.append(0b1_1111_1111, count: 9)  // 0xff
        }
        bits.append(0b0011_0000, count: 8)  // 0x00
        for _ in 0..<runs {
            bits.append(0b1100_0101_00000, count: 13)  // 258 bytes like the last one
        }
        bits.append(0, count: 7)  // the end of the block
        var output = bits.bytes
        append(UInt32.max, to: &output)
        append(UInt32(truncatingIfNeeded: 5 + 258 * runs), to: &output)
        return output
    }

    /// Packs bits into bytes, the lowest bit first.
    private struct BitWriter {
        var bytes: [UInt8]
        private var free = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        /// Appends the last `count` bits of `code`, the highest of them first, as codes are written.
        mutating func append(_ code: UInt16, count: Int) {
            for position in stride(from: count - 1, through: 0, by: -1) {
                if free == 0 {
                    bytes.append(0)
                    free = 8
                }
                bytes[bytes.count - 1] |= UInt8((code >> position) & 1) << (8 - free)
                free -= 1
            }
        }
    }

    private static func append(_ value: some FixedWidthInteger, to output: inout [UInt8]) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            output.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// CRC-32 as in RFC 1952, section 8.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var register = UInt32.max
        for byte in bytes {
            register ^= UInt32(byte)
            for _ in 0..<8 {
                register = register & 1 == 1 ? (register >> 1) ^ 0xedb8_8320 : register >> 1
            }
        }
        return ~register
    }
}
