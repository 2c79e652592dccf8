// Marks what libtern exports; everything else is compiled with hidden visibility.
#pragma once

#define TERN_EXPORT __attribute__((visibility("default")))
