// Standard-normal numbers as torch's CPU generator draws them.
#pragma once

#include <napi.h>

namespace ovd {

/**
 * fillNormal(state, out): torch.randn for 16 numbers or more, in float32. `state` is a Uint32Array of the
 * Mersenne twister's 624 words and the index of the next one, and is advanced; `out` is a Float32Array.
 */
void FillNormal(const Napi::CallbackInfo& info);

}  // namespace ovd
