import Zoo

/// What is read of a `config.json`.
struct HubConfig: Decodable {
    /// Of timm's networks: how pictures are prepared.
    struct Timm: Decodable {
        let size: [Int]
        let share: Double?
        let mode: String?
        let interpolation: String?
        let mean: [Float]?
        let deviation: [Float]?
        let licence: String?

        enum CodingKeys: String, CodingKey {
            case size = "input_size"
            case share = "crop_pct"
            case mode = "crop_mode"
            case interpolation = "interpolation"
            case mean = "mean"
            case deviation = "std"
            case licence = "license"
        }
    }

    /// timm's.
    let architecture: String?
    /// transformers'.
    let modelType: String?
    let names: [String: String]?
    let timmNames: [String]?
    let timm: Timm?
    /// What layer norms add to the variance.
    let epsilon: Double?

    enum CodingKeys: String, CodingKey {
        case architecture = "architecture"
        case modelType = "model_type"
        case names = "id2label"
        case timmNames = "label_names"
        case timm = "pretrained_cfg"
        case epsilon = "layer_norm_eps"
    }

    /// In the order of the outputs.
    /// - Throws: `GraftError.damaged` for numbers that are not 0 to one less than there are names.
    func classes(file: String) throws(GraftError) -> [String]? {
        guard let names else { return timmNames?.map(\.shownIfNeeded) }
        var ordered: [String] = []
        for index in 0..<names.count {
            guard let name = names["\(index)"] else {
                throw GraftError(
                    .damaged, "the classes are not numbered from 0", file: file, member: "id2label",
                    expected: "0 to \(names.count - 1)", found: "no \(index)")
            }
            ordered.append(name.shownIfNeeded)
        }
        return ordered
    }
}

extension HubConfig.Timm {
    /// timm's evaluation: the shorter side to `floor(side / crop_pct)`, the middle of it.
    /// - Throws: `GraftError.unsupported` for a picture that is not square, or squeezed.
    func preprocessing(file: String) throws(GraftError) -> Preprocessing {
        guard size.count == 3, size[0] == 3, size[1] == size[2], mode ?? "center" == "center" else {
            throw GraftError(
                .unsupported, "pictures are prepared in a way that Graft does not have", file: file,
                member: "pretrained_cfg", expected: "squares out of the middle, in three colours",
                found: "\(size), crop_mode \(mode ?? "center")")
        }
        let share = share ?? 0.875
        guard share > 0.01, share <= 1, let filter = Preprocessing.Interpolation(rawValue: interpolation ?? "bilinear")
        else {
            throw GraftError(
                .unsupported, "pictures are prepared in a way that Graft does not have", file: file,
                member: "pretrained_cfg", expected: "crop_pct to 1, bilinear or bicubic",
                found: "\(share), \(interpolation ?? "bilinear")")
        }
        var result = Preprocessing.imageNet(
            resize: Int((Double(size[1]) / share).rounded(.down)), crop: size[1], interpolation: filter)
        if let mean { result.mean = mean }
        if let deviation { result.std = deviation }
        try result.check(file)
        return result
    }
}

extension Preprocessing {
    /// The same with the file's name in the error.
    func check(_ file: String) throws(GraftError) {
        do throws(GraftError) {
            try validate()
        } catch {
            var error = error
            error.context.file = file
            throw error
        }
    }
}
