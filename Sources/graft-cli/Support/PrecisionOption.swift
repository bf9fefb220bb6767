import ArgumentParser
import Exchange

extension PrecisionChoice: ExpressibleByArgument {}

/// `--precision`, of the commands that run a network.
struct PrecisionOption: ParsableArguments {
    @Option(
        help: """
            f32, bf16, int8 (of a model that graft quantize made) or auto: the fastest of them, measured on this machine. \
            Default: what the model's file says, else f32.
            """)
    var precision: PrecisionChoice?
}
