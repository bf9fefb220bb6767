import Testing
import Zoo

struct OptionsTests {
    private let values: [String: OptionValue] = [
        "rate": .number(0.25), "epochs": .number(5), "kind": .string("adam"), "strict": .bool(true),
        "sizes": .list([.number(1), .number(2.5)]), "inner": .map(["depth": .number(3)]), "empty": .null,
    ]

    @Test func `values come back as what they are`() throws {
        var options = Options(values, path: "train")
        #expect(try options.number("rate", in: 0...1) == 0.25)
        #expect(try options.integer("epochs", in: 1...9) == 5)
        #expect(try options.choice("kind", of: ["sgd", "adam"]) == "adam")
        #expect(try options.bool("strict") == true)
        #expect(try options.list("sizes") == [.number(1), .number(2.5)])
        var inner = try options.options("inner")
        #expect(inner.path == "train.inner")
        #expect(try inner.integer("depth") == 3)
        #expect(try options.string("empty") == nil)
        #expect(try options.number("absent") == nil)
        try inner.finish()
        try options.finish()
    }

    @Test func `wrong values say where, what was expected and what was found`() {
        var options = Options(values, path: "train")
        #expect(
            message { try options.number("rate", in: 1...2) }
                == "train.rate: wrong value: expected a number from 1 to 2, found 0.25")
        #expect(message { try options.number("kind") } == "train.kind: wrong value: expected a number, found adam")
        #expect(
            message { try options.integer("rate") } == "train.rate: wrong value: expected a whole number, found 0.25")
        #expect(
            message { try options.integer("epochs", in: 6...9) }
                == "train.epochs: wrong value: expected a whole number from 6 to 9, found 5")
        #expect(message { try options.string("strict") } == "train.strict: wrong value: expected a text, found true")
        #expect(
            message { try options.bool("sizes") } == "train.sizes: wrong value: expected true or false, found [1, 2.5]")
        #expect(message { try options.list("rate") } == "train.rate: wrong value: expected a list, found 0.25")
        #expect(
            message { try options.options("rate") }
                == "train.rate: wrong value: expected a map of keys and values, found 0.25")
        #expect(
            message { try options.number("inner") }
                == "train.inner: wrong value: expected a number, found {depth: 3}")
        #expect(
            message { try options.choice("kind", of: ["sgd", "adamw"]) }
                == "train.kind: unknown value 'adam'; did you mean 'adamw'?")
    }

    @Test func `keys that nobody asked for are refused`() throws {
        var options = Options(["epoch": .number(3)])
        _ = try options.integer("epochs")
        _ = try options.string("optimizer")
        #expect(message { try options.finish() } == "unknown key 'epoch'; did you mean 'epochs'?")
    }

    @Test func `infinite numbers are refused`() {
        var options = Options(["a": .number(.infinity), "b": .number(.nan)])
        #expect(message { try options.number("a") } == "a: wrong value: expected a number, found inf")
        #expect(message { try options.integer("b") } == "b: wrong value: expected a whole number, found nan")
    }
}

struct NearestNameTests {
    @Test(arguments: [
        ("efficientnet_bo", "efficientnet_b0"), ("EfficientNet_B0", "efficientnet_b0"), ("lienar", "linear"),
        ("efficientnetb0", "efficientnet_b0"), ("mpl", "mlp"),
    ])
    func `typing errors are understood`(typed: String, meant: String) {
        #expect(nearestName(to: typed, among: ["linear", "mlp", "efficientnet_b0", "efficientnet_lite0"]) == meant)
    }

    @Test func `what is not near has no nearest name`() {
        #expect(nearestName(to: "vit", among: ["linear", "prototype"]) == nil)
        #expect(nearestName(to: "train.lr", among: ["train.ema", "train.seed"]) == nil)
        #expect(nearestName(to: "train.sead", among: ["train.ema", "train.seed"]) == "train.seed")
        #expect(nearestName(to: "", among: ["linear"]) == nil)
        #expect(nearestName(to: "linear", among: []) == nil)
    }

    @Test func `of equally near names the first in the alphabet wins`() {
        #expect(nearestName(to: "b", among: ["b2", "b1"]) == "b1")
    }
}
