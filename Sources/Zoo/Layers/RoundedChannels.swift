/// The nearest multiple of 8, but never below nine tenths of `channels`: how MobileNet and EfficientNet keep scaled
/// widths convenient (torchvision's `_make_divisible`).
public func roundedChannels(_ channels: Double) -> Int {
    let rounded = max(8, Int(channels + 4) / 8 * 8)
    return Double(rounded) < 0.9 * channels ? rounded + 8 : rounded
}
