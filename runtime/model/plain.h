// What is an ordinary variable in the model?  A cell whose accesses may race.
#pragma once

#include "runtime/model/cell.h"

namespace heddle {

template <CellValue T>
class ModelPlain : public ModelCell<T> {
 public:
  using ModelCell<T>::ModelCell;
  /// Reading it before it is written is an error.
  ModelPlain(Uninitialised, const char* name, SourceLocation at = SourceLocation::Current())
      : ModelCell<T>(std::nullopt, name, at) {}

  T load(SourceLocation at = SourceLocation::Current()) const {
    return this->Read(model::Order::kPlain, at);
  }
  void store(T value, SourceLocation at = SourceLocation::Current()) {
    this->Write(value, model::Order::kPlain, at);
  }
};

}  // namespace heddle
