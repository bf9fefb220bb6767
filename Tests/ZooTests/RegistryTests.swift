import Testing
import Zoo

struct RegistryTests {
    @Test func `registered names are found, in order`() throws {
        var registry = Registry()
        try registry.register(Tiny.self)
        try registry.register(Plain.self)
        #expect(registry.backboneNames == ["tiny", "tiny_wide"])
        #expect(registry.headKinds == ["plain"])
        #expect(try registry.backbone("tiny_wide").name == "tiny_wide")
        let options = Options(["scale": .number(0.5)], path: "head")
        let head = try registry.head("plain", options: options, for: registry.backbone("tiny"))
        #expect(head.options == ["scale": .number(0.5)])
    }

    @Test func `unknown names get the nearest one`() throws {
        var registry = Registry()
        try registry.register(Tiny.self)
        try registry.register(Plain.self)
        let tiny = try registry.backbone("tiny")
        #expect(message { try registry.backbone("tinny") } == "unknown backbone 'tinny'; did you mean 'tiny'?")
        #expect(message { try registry.backbone("resnet50") } == "unknown backbone 'resnet50'; known: tiny, tiny_wide")
        #expect(
            message { try registry.head("plian", options: Options(), for: tiny) }
                == "unknown head 'plian'; did you mean 'plain'?")
        #expect(
            message { try registry.head("plain", options: Options(["scal": .number(1)], path: "head"), for: tiny) }
                == "unknown key 'head.scal'; did you mean 'head.scale'?")
        #expect(
            message { try registry.head("plain", options: Options(["scale": .number(3)], path: "head"), for: tiny) }
                == "head.scale: wrong value: expected a number from 0 to 2, found 3")
    }

    @Test func `a name is registered once, and the refusal says where it was`() throws {
        var registry = Registry()
        try registry.register(Tiny.self, fileID: "Mine/Plugin.swift", line: 12)
        #expect(
            message { try registry.register(Tiny.self) }
                == "backbone 'tiny' is registered already, at Mine/Plugin.swift:12; choose another name")
        try registry.register(Plain.self, fileID: "Mine/Head.swift", line: 3)
        #expect(
            message { try registry.register(Plain.self) }
                == "head 'plain' is registered already, at Mine/Head.swift:3; choose another name")
        #expect(registry.backboneNames == ["tiny", "tiny_wide"])
    }

    @Test func `badly described backbones are refused and leave nothing behind`() {
        var registry = Registry()
        #expect(
            message { try registry.register(Nameless.self) } == "backbone Nameless has no variants; name at least one")
        #expect(message { try registry.register(Twice.self) } == "backbone Twice names 'a' twice")
        #expect(
            message { try registry.register(Spaced.self) }
                == "a backbone cannot have this name: expected letters, digits, '_', '-' and '.', at most 100, "
                + "found 'two words'")
        #expect(
            message { try registry.register(Empty.self) }
                == "a backbone cannot have this name: expected letters, digits, '_', '-' and '.', at most 100, found ''"
        )
        #expect(
            message { try registry.register(Shrinking.self) }
                == "backbone 'a': 0: the window does not fit the image: expected at least 40x40, found 32x32; use a larger image"
        )
        #expect(
            message { try registry.register(Cropless.self) }
                == "backbone 'a': preprocessing.crop: impossible preprocessing: expected 1 to 8192 pixels, found 0")
        #expect(registry.backboneNames.isEmpty)
    }

    @Test func `pretrained entries are found by name, the first by none`() throws {
        let tiny = try Tiny(variant: "tiny")
        #expect(
            message { try tiny.pretrainedEntry(nil) }
                == "backbone 'tiny' has no pretrained weights; use weights: none")
        #expect(
            message { try tiny.pretrainedEntry("imagenet") } == "unknown weights of tiny 'imagenet'; known: ")
    }

    @Test func `counters of a checkpoint are not wanted, other names are kept`() throws {
        let tiny = try Tiny(variant: "tiny")
        #expect(tiny.parameterName(forCheckpointName: "stem.1.num_batches_tracked") == nil)
        #expect(tiny.parameterName(forCheckpointName: "stem.1.weight") == "stem.1.weight")
    }
}

private protocol Faulty: Backbone {
    init()
}

extension Faulty {
    init(variant: String) throws(GraftError) { self.init() }
    var name: String { "faulty" }
    var preprocessing: Preprocessing { .imageNet(resize: 32, crop: 32, interpolation: .bilinear) }
    var features: [any Layer] { [Conv(4, kernel: 1)] }
}

private struct Nameless: Faulty {
    static let variants: [String] = []
}

private struct Twice: Faulty {
    static let variants = ["a", "a"]
}

private struct Empty: Faulty {
    static let variants = [""]
}

private struct Spaced: Faulty {
    static let variants = ["fine", "two words"]
}

private struct Shrinking: Faulty {
    static let variants = ["a"]
    var features: [any Layer] { Conv(4, kernel: 40, padding: .symmetric(0)) }
}

private struct Cropless: Faulty {
    static let variants = ["a"]
    var preprocessing: Preprocessing { .imageNet(resize: 32, crop: 0, interpolation: .bilinear) }
}
