public import Zoo

import AlexNet
import ConvNeXt
import DenseNet
import EfficientNet
import EfficientNetV2
import GoogLeNet
import HGNetV2
import Heads
import Learning
import InceptionV3
import MNASNet
import MobileNetV2
import MobileNetV3
import MobileNetV4
import RegNet
import RepViT
import ResNet
import ShuffleNetV2
import SqueezeNet
import SwinTransformer
import VGG
import VisionTransformer
import WeightSources

extension Registry {
    /// The backbones, heads, losses, update rules and weight sources that come with Graft. One line a plugin: this is the list.
    public static func builtIn() throws(GraftError) -> Registry {
        var registry = Registry()
        try registry.register(tested: EfficientNet.self)
        try registry.register(tested: ResNet.self)
        try registry.register(tested: MobileNetV3.self)
        try registry.register(tested: RegNet.self)
        try registry.register(tested: MobileNetV2.self)
        try registry.register(tested: MNASNet.self)
        try registry.register(tested: EfficientNetV2.self)
        try registry.register(tested: DenseNet.self)
        try registry.register(tested: GoogLeNet.self)
        try registry.register(tested: InceptionV3.self)
        try registry.register(tested: MobileNetV4.self)
        try registry.register(tested: VGG.self)
        try registry.register(tested: AlexNet.self)
        try registry.register(tested: ShuffleNetV2.self)
        try registry.register(tested: ConvNeXt.self)
        try registry.register(tested: VisionTransformer.self)
        try registry.register(tested: DeiT.self)
        try registry.register(tested: DINOv2.self)
        try registry.register(tested: SwinTransformer.self)
        try registry.register(tested: SqueezeNet.self)
        try registry.register(tested: RepViT.self)
        try registry.register(tested: HGNetV2.self)
        try registry.register(LinearHead.self)
        try registry.register(MLPHead.self)
        try registry.register(PrototypeHead.self)
        try registry.register(CosineHead.self)
        try registry.register(NeighboursHead.self)
        try registry.register(LogisticHead.self)
        try registry.register(RidgeHead.self)
        try registry.registerLearning()
        registry.register(BundledSource())
        registry.register(CacheSource())
        registry.register(WebSource())
        return registry
    }
}
