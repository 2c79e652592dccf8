// The same source as C++: tern.h must suit both.
#define C_API_ROUND_TRIP c_api_round_trip_cxx
#include "tests/engine/c_api_c99.c"
