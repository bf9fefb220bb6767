import Foundation
import TestSupport
import Testing

/// Models that leave and come back, with the bundled Lite0.
@Suite struct ExchangeTests {
    let graft: GraftProgram

    init() throws { graft = try GraftProgram() }

    private func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(graft.workspace.path)/\(name)"))
    }

    @Test func everyFormatIsWrittenAndComesBack() throws {
        for name in ["model.npz", "model.pth", "model.safetensors", "model.onnx"] {
            let result = try graft.run("export", "efficientnet_lite0", name)
            #expect(result.status == 0)
            #expect(result.output == "\(name): 247 tensors, 4,694,024 values\n")
        }
        for name in ["model.pth", "model.safetensors"] {
            let result = try graft.run("import", name, "back.npz")
            #expect(result.status == 0)
            #expect(
                result.output.hasPrefix(
                    "back.npz: 247 tensors, 4,694,024 values\nefficientnet_lite0, 1000 classes: tench"))
            #expect(try bytes("back.npz") == bytes("model.npz"), "\(name)")
        }
        // A model in any of the formats is a model.
        let test = try graft.run("selftest", "model.pth", "--json").json()
        #expect(test["passed"] as? Bool == true)
        #expect(test["greatest_difference"] as? Double == 0)
        #expect(test["tolerance"] as? Double == 1e-4)
        #expect(test["isa"] as? String != nil)
        let other = try graft.run(
            "selftest", "model.npz", environment: ["GRAFT_ISA": "baseline", "GRAFT_THREADS": "1"])
        #expect(other.status == 0)
        #expect(other.output.hasPrefix("model.npz: passed, 1000 logits, instruction set baseline, 1 threads\n"))
    }

    @Test func aHeadFindsItsBaseAndRefusesOthers() throws {
        let written = try graft.run("export", "efficientnet_lite0", "head.npz", "--head-only", "--json").json()
        let base = try #require(written["head_of"] as? [String: String])
        #expect(base["name"] == "efficientnet_lite0/imagenet1k")
        let hash = try #require(base["sha256"])
        #expect(written["tensors"] as? Int == 2)

        #expect(try graft.run("import", "head.npz", "model.npz", "--base", "efficientnet_lite0").status == 0)
        #expect(try graft.run("export", "efficientnet_lite0", "direct.npz").status == 0)
        #expect(try bytes("model.npz") == bytes("direct.npz"))

        let refused = try graft.run("import", "head.npz", "other.npz", "--base", "resnet18")
        #expect(refused.status == 1)
        #expect(
            refused.error
                == "error: head.npz: the head was trained on another base: expected efficientnet_lite0/imagenet1k "
                + "(SHA-256 \(hash)), found resnet18/imagenet1k_v1; name the base that the head was exported with\n")
        let predicted = try graft.run("predict", "head.npz", Fixtures.path("models/coffee.jpg"))
        #expect(predicted.status == 1)
        #expect(
            predicted.error
                == "error: head.npz: the file holds a head alone: expected a whole model; join it with its base: "
                + "graft import head.npz model.npz --base efficientnet_lite0/imagenet1k\n")
        #expect(!graft.workspace.contents.contains("other.npz"))
    }

    @Test func halfPrecisionSaysWhatItCosts() throws {
        let result = try graft.run("export", "efficientnet_lite0", "half.npz", "--dtype", "float16")
        #expect(result.status == 0)
        #expect(result.output.contains("float16        greatest logit difference "))
        #expect(result.output.contains("8 of 8 keep their class"))
        #expect(try graft.run("selftest", "half.npz").status == 0)
        let refused = try graft.run("export", "efficientnet_lite0", "half.pth", "--dtype", "float16")
        #expect(refused.status == 1)
        #expect(
            refused.error
                == "error: half.pth: cannot keep this format's values in float16: expected .npz or .safetensors\n")
        #expect(try graft.run("export", "efficientnet_lite0", "half.npz", "--dtype", "int8").status == 64)
    }

    @Test func selftestFailsOnAModelThatAnswersOtherwise() throws {
        #expect(try graft.run("export", "efficientnet_lite0", "model.safetensors").status == 0)
        // The last value of the last tensor, the bias of class 999.
        var changed = try bytes("model.safetensors")
        changed.replaceSubrange(changed.count - 4..<changed.count, with: [0, 0, 0x80, 0x40])
        try changed.write(to: URL(fileURLWithPath: "\(graft.workspace.path)/changed.safetensors"))
        let failed = try graft.run("selftest", "changed.safetensors")
        #expect(failed.status == 1)
        #expect(failed.output.hasPrefix("changed.safetensors: failed, 1000 logits"))
        #expect(
            failed.error.hasPrefix(
                "error: changed.safetensors: the model does not answer here as it did where it was written: "
                    + "expected a difference of at most 1.0e-04 of the largest logit, found "))
        #expect(try graft.run("selftest", "changed.safetensors", "--json").json()["passed"] as? Bool == false)
    }

    @Test func whatCannotBeDoneIsSaidInOneLine() throws {
        let cases: [(arguments: [String], error: String)] = [
            (
                ["export", "efficientnet_lite0", "model.h5"],
                "model.h5: cannot tell the format to write: expected a name that ends in .npz, .safetensors, .pth or .onnx"
            ),
            (
                ["import", "model.pth", "model.onnx"],
                "model.onnx: a Graft model cannot be an ONNX file: expected a name that ends in .npz, .safetensors or "
                    + ".pth; import it as .npz, then graft export that"
            ),
            (
                ["convert", "model.pth", "model.onnx"],
                "model.onnx: an ONNX file is more than weights: expected a name that ends in .npz, .safetensors or "
                    + ".pth; write a whole model with: graft export MODEL model.onnx"
            ),
            (
                ["selftest", "efficientnet_lite0"],
                "efficientnet_lite0/imagenet1k: the model carries no probe to test it by; write it again where it is "
                    + "known to be right: graft export efficientnet_lite0/imagenet1k OUT.npz"
            ),
        ]
        for (arguments, error) in cases {
            let result = try graft.run(arguments)
            #expect(result.status == 1)
            #expect(result.error == "error: \(error)\n")
        }
        let usage = try graft.run("import", "head.npz", "model.npz", "--base", "efficientnet_lite0", "--classes", "a")
        #expect(usage.status == 64)
        #expect(usage.error.contains("a head says what it is"))
    }
}
