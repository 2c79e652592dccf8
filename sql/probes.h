// Probes of this folder; cache/probes.h, which cannot be included from here, says what they are and how to use them.
#pragma once

#if defined(TERN_PROBES)
#include "tests/probes/probes.h"
#else
#define TERN_SYNC_POINT(name) static_cast<void>(0)
#define TERN_MUTANT(rule) false
#endif
