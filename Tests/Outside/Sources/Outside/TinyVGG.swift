import Graft

/// TinyVGG: two blocks of two 3x3 convolutions and a max pool.
struct TinyVGG: Backbone {
    static let variants = ["tiny_vgg", "tiny_vgg_wide"]

    let name: String

    init(variant: String) { name = variant }

    var preprocessing: Preprocessing { .imageNet(resize: 64, crop: 64, interpolation: .bilinear) }

    var features: [any Layer] {
        Stage("block_1", Block(channels: name == "tiny_vgg" ? 10 : 32))
        Stage("block_2", Block(channels: name == "tiny_vgg" ? 10 : 32))
    }
}

struct Block: CompositeLayer {
    let channels: Int

    var layers: [any Layer] {
        Conv(channels, kernel: 3, bias: true)
        Activation.relu
        Conv(channels, kernel: 3, bias: true)
        Activation.relu
        Pool.max(2)
    }
}
