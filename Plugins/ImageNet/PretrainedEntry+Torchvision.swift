public import Zoo

extension PretrainedEntry {
    /// A checkpoint that torchvision publishes, trained with the mean and deviation of ImageNet.
    /// - Parameters:
    ///   - file: its name without `.pth`; after the last dash come the leading digits of its SHA-256.
    ///   - name: the entry's name.
    ///   - accuracy: top-1 in per cent on ImageNet's validation pictures, `acc@1` in torchvision's source.
    ///   - model: the file of torchvision's source that documents it.
    public static func torchvision(
        _ file: String, name: String = "imagenet1k_v1", resize: Int = 256, crop: Int = 224,
        interpolation: Preprocessing.Interpolation = .bilinear, accuracy: Double, model: String
    ) -> PretrainedEntry {
        .torchvision(
            file, name: name, preprocessing: .imageNet(resize: resize, crop: crop, interpolation: interpolation),
            accuracy: accuracy, model: model)
    }

    /// A checkpoint that torchvision publishes, with a preprocessing of its own; see the other.
    public static func torchvision(
        _ file: String, name: String = "imagenet1k_v1", preprocessing: Preprocessing, accuracy: Double, model: String
    ) -> PretrainedEntry {
        PretrainedEntry(
            name: name, url: "https://download.pytorch.org/models/\(file).pth",
            sha256Prefix: file.split(separator: "-").last.map(String.init) ?? "", preprocessing: preprocessing,
            classes: ImageNetClasses.names, accuracy: accuracy, licence: "BSD-3-Clause",
            source: "torchvision 0.28, https://github.com/pytorch/vision/blob/main/torchvision/models/\(model)")
    }
}
