import ArgumentParser
import Exchange

extension PrecisionChoice: ExpressibleByArgument {}

/// `--precision`, of the commands that run a network.
struct PrecisionOption: ParsableArguments {
    @Option(
        help: """
            f32, bf16, int8 (of a model that graft quantize made) or auto: the fastest of them, measured on this machine. \
            Default: int8 for a model in 8 bits, else f32.
            """)
    var precision: PrecisionChoice?
}
