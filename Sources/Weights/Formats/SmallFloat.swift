/// The 8-bit floating-point types (arXiv:2209.05433 and their variants), by their bits.
struct SmallFloat {
    /// The value of each of the 256 bytes.
    let values: [Float]

    /// nil for a type of more bits.
    init?(_ type: DType) {
        switch type {
        case .float8e4m3: self.init(mantissaBits: 3, bias: 7) { $0 & 0x7F == 0x7F ? .nan : nil }
        case .float8e5m2:
            self.init(mantissaBits: 2, bias: 15) { byte in
                switch byte & 0x7F {
                case 0x7C: byte & 0x80 == 0 ? .infinity : -.infinity
                case 0x7D...: .nan
                default: nil
                }
            }
        case .float8e4m3u: self.init(mantissaBits: 3, bias: 8) { $0 == 0x80 ? .nan : nil }
        case .float8e5m2u: self.init(mantissaBits: 2, bias: 16) { $0 == 0x80 ? .nan : nil }
        case .float8e8m0:
            self.init(
                values: (0...255).map { $0 == 255 ? .nan : Float(sign: .plus, exponent: $0 - 127, significand: 1) })
        default: return nil
        }
    }

    /// - Parameter special: the value of a byte that is not `(-1)^sign * 2^(exponent - bias) * 1.mantissa`, subnormal
    ///   numbers aside.
    private init(mantissaBits: Int, bias: Int, special: (UInt8) -> Float?) {
        let values = (0...255).map { (byte: Int) -> Float in
            if let value = special(UInt8(byte)) { return value }
            let mantissa = byte & (1 << mantissaBits - 1)
            let exponent = (byte & 0x7F) >> mantissaBits
            // Below the smallest exponent, the leading one is missing.
            let significand = Float(mantissa + (exponent == 0 ? 0 : 1 << mantissaBits))
            let power = max(exponent, 1) - bias - mantissaBits
            let magnitude = significand * Float(sign: .plus, exponent: power, significand: 1)
            return byte & 0x80 == 0 ? magnitude : -magnitude
        }
        self.init(values: values)
    }

    private init(values: [Float]) { self.values = values }
}
