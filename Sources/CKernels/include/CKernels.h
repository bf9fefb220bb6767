#pragma once
#include "CKernelsTraining.h"
