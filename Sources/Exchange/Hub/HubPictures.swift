import Zoo

/// What is read of transformers' `preprocessor_config.json`.
struct HubPictures: Decodable {
    static let name = "preprocessor_config.json"

    /// A number, or a map of `height` and `width`, or of `shortest_edge`.
    struct Size: Decodable {
        let side: Int
        /// Whether both sides become as long, whatever the picture's were.
        let isBoth: Bool

        init(from decoder: any Decoder) throws {
            if let side = try? decoder.singleValueContainer().decode(Int.self) {
                (self.side, isBoth) = (side, true)
                return
            }
            let container = try decoder.container(keyedBy: CodingKeys.self)
            if let short = try container.decodeIfPresent(Int.self, forKey: .shortest) {
                (side, isBoth) = (short, false)
                return
            }
            let height = try container.decode(Int.self, forKey: .height)
            guard try container.decode(Int.self, forKey: .width) == height else {
                throw DecodingError.dataCorruptedError(
                    forKey: .width, in: container, debugDescription: "pictures that are not square")
            }
            (side, isBoth) = (height, true)
        }

        private enum CodingKeys: String, CodingKey {
            case shortest = "shortest_edge"
            case height = "height"
            case width = "width"
        }
    }

    let kind: String?
    let size: Size
    let crop: Size?
    let isCropped: Bool?
    let share: Double?
    let filter: Int?
    let mean: [Float]?
    let deviation: [Float]?
    let isNormalized: Bool?
    let factor: Double?

    enum CodingKeys: String, CodingKey {
        case kind = "image_processor_type"
        case size = "size"
        case crop = "crop_size"
        case isCropped = "do_center_crop"
        case share = "crop_pct"
        case filter = "resample"
        case mean = "image_mean"
        case deviation = "image_std"
        case isNormalized = "do_normalize"
        case factor = "rescale_factor"
    }

    /// - Throws: `GraftError.unsupported` for values on another scale than 0 to 1.
    func preprocessing(file: String, notes: inout [String]) throws(GraftError) -> Preprocessing {
        guard abs((factor ?? 1.0 / 255) * 255 - 1) < 1e-6 else {
            throw GraftError(
                .unsupported, "pictures are scaled in a way that Graft does not have", file: file,
                member: "rescale_factor", expected: "1 / 255", found: "\(factor ?? 0)")
        }
        guard (1...8192).contains(size.side), (1...8192).contains(crop?.side ?? 1), share ?? 1 > 0.01, share ?? 1 <= 1
        else {
            throw GraftError(
                .damaged, "impossible sizes of pictures", file: file, expected: "1 to 8192 pixels",
                found: "\(size.side), \(crop?.side ?? size.side), crop_pct \(share ?? 1)")
        }
        var (resize, side) = (size.side, size.side)
        var isSqueezed = size.isBoth
        if isCropped ?? (crop != nil), let crop {
            side = crop.side
        } else if !size.isBoth, kind?.contains("ConvNext") ?? false {
            // ConvNextImageProcessor.resize: pictures of 384 pixels and more are not cropped.
            isSqueezed = size.side >= 384
            if !isSqueezed { resize = Int(Double(size.side) / (share ?? 224.0 / 256)) }
        }
        if isSqueezed {
            notes.append(
                "its pictures were squeezed to a square; Graft keeps their proportions and takes the middle")
        }
        // Pillow's numbers.
        let filters: [Int: Preprocessing.Interpolation] = [2: .bilinear, 3: .bicubic]
        if filters[filter ?? 2] == nil {
            notes.append("its pictures were resized by Pillow's filter \(filter ?? 0); Graft takes the bicubic one")
        }
        let isNormalized = isNormalized ?? true
        let result = Preprocessing(
            resize: max(resize, side), crop: side, interpolation: filters[filter ?? 2] ?? .bicubic,
            mean: isNormalized ? mean ?? [0.5, 0.5, 0.5] : [0, 0, 0],
            std: isNormalized ? deviation ?? [0.5, 0.5, 0.5] : [1, 1, 1])
        try result.check(file)
        return result
    }
}
