// Probes: named places in the protocol at which a test can hold or kill whoever passes, and switches that break one
// rule on purpose. In the libraries that are shipped they are nothing; tests link a second build of the same sources.
//
//   TERN_SYNC_POINT("publish:seq-out");              a step that somebody may die behind: a name of
//   tests/probes/points.h if (TERN_MUTANT(kExpectedBeforeStamps)) …        a rule broken: an enumerator of
//   tests/probes/mutants.h
//
// Contract. Without TERN_PROBES a sync point is an empty statement and a mutant is the constant false. sql/probes.h
// says the same for the folder that may not include this one; both definitions are one and the same to the compiler.
#pragma once

#if defined(TERN_PROBES)
#include "tests/probes/probes.h"
#else
#define TERN_SYNC_POINT(name) static_cast<void>(0)
#define TERN_MUTANT(rule) false
#endif
