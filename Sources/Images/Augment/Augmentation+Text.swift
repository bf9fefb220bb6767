extension Augmentation: CustomStringConvertible {
    /// One line, as in `crop 0.6 to 1, flip 0.5`.
    public var description: String {
        var parts: [String] = []
        if let crop {
            parts.append("crop \(Self.short(crop.scale.lowerBound)) to \(Self.short(crop.scale.upperBound))")
        }
        let amounts = [
            ("flip", flip), ("vertical flip", verticalFlip), ("rotation", rotation),
            ("brightness", jitter.brightness), ("contrast", jitter.contrast), ("saturation", jitter.saturation),
            ("hue", jitter.hue),
        ]
        for (name, amount) in amounts where amount > 0 { parts.append("\(name) \(Self.short(amount))") }
        if let policy { parts.append(policy.rawValue) }
        if erasing > 0 { parts.append("erasing \(Self.short(erasing))") }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }

    private static func short(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? "\(number)" }
}
