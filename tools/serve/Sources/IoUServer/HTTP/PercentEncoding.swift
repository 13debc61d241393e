extension StringProtocol {
    /// With what stands behind percent signs; a sign without two digits stays one.
    var percentDecoded: String {
        let encoded = Array(utf8)
        var bytes: [UInt8] = []
        var position = 0
        while position < encoded.count {
            if encoded[position] == UInt8(ascii: "%"), position + 2 < encoded.count,
                let high = encoded[position + 1].hexadecimalDigit,
                let low = encoded[position + 2].hexadecimalDigit
            {
                bytes.append(high << 4 | low)
                position += 3
            } else {
                bytes.append(encoded[position])
                position += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A name or value of a form or query, in which a plus is a space.
    var formDecoded: String {
        String(map { $0 == "+" ? " " : $0 }).percentDecoded
    }
}

extension UInt8 {
    /// What it counts as a digit of base 16; `nil`: it is none.
    var hexadecimalDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
