@_exported public import Engine
@_exported public import Exchange
@_exported public import Images
@_exported public import Training
@_exported public import WeightSources
@_exported public import Weights
@_exported public import Zoo
