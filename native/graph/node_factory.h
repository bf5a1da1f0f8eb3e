// Networks built node by node. One factory serves every operation, so that the networks themselves can be
// written in TypeScript.
#pragma once

#include <napi.h>

namespace ovd {

/** graphParameter({ elementType, shape, name }): an input of the network. */
Napi::Value GraphParameter(const Napi::CallbackInfo& info);

/**
 * graphConstant({ elementType, shape, name?, data }): over a copy of a typed array's bytes; or, with
 * { file, byteOffset } for `data`, over bytes of a MappedFile, which stays mapped as long as the constant
 * lives.
 */
Napi::Value GraphConstant(const Napi::CallbackInfo& info);

/** graphNode({ operation, inputs, attributes, operationSet, name? }): the node's outputs, in order. */
Napi::Value GraphNode(const Napi::CallbackInfo& info);

/** graphFold({ output, name? }): a constant with the value of an output that depends on constants only. */
Napi::Value GraphFold(const Napi::CallbackInfo& info);

/**
 * graphMarkDecompression(output): tells OpenVINO that this Convert stands for weights stored in a smaller
 * type, so that it keeps them small as long as it can.
 */
Napi::Value GraphMarkDecompression(const Napi::CallbackInfo& info);

/**
 * graphModel({ parameters, results: [{ output, names }], name, runtimeInfo?: [[...path, value]] }): a Model
 * that can be compiled or saved; the values at their paths become the model's runtime information.
 */
Napi::Value GraphModel(const Napi::CallbackInfo& info);

}  // namespace ovd
