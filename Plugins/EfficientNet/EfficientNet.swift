public import Zoo
