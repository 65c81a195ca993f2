#pragma once
// Task adapters: one checkpoint with a low-rank update of every matrix for each task that it was
// tuned for (jina-embeddings-v3; Sturua et al. 2024, after Hu et al. 2021). config.json names the
// tasks, the text that each puts before its input, and rank and alpha; the checkpoint holds
// X.parametrizations.weight.original beside .0.lora_A and .0.lora_B, stacked by task. A task's
// matrix is original + (alpha / rank) B A, for embeddings A B. Pure; private to core/model.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/model/model_config.h"
#include "core/model/safetensors.h"

namespace sg {

struct TaskAdapters {
  struct Task {
    std::string name;         // e.g. "retrieval.query"
    std::string instruction;  // put before the text
  };
  std::vector<Task> tasks;  // in the order in which the checkpoint stacks them
  size_t rank = 0;
  float scale = 1.0f;  // alpha / rank

  // The place of the task `name` in `tasks`. kUnsupported names those that there are.
  Result<size_t> Find(std::string_view name) const;
};

// The adapters that config.json describes, or none. kCorrupt.
Result<std::optional<TaskAdapters>> ReadTaskAdapters(const ModelConfig& config);

// `tensors` as the task number `task` sees them: X.weight with its update; copies no elements.
// kCorrupt names the tensor that is missing or has the wrong shape.
Result<TensorMap> TensorsOfTask(const TensorMap& tensors, const TaskAdapters& adapters,
                                size_t task);

}  // namespace sg
