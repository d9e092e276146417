// Which objects has the code under test made, and which are gone?
//
// The memory of what is destroyed stays, so that a use of it is found, and is one that does no
// harm, until all is over.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/source_location.h"

namespace heddle::ordered {

struct Object {
  void* address = nullptr;
  std::size_t bytes = 0, alignment = 0;
  int id = 0;      ///< the model's
  int thread = 0;  ///< that made it
  int outer = -1;  ///< the one whose constructor made this one, or -1
  SourceLocation at;
  const char* first_cell = nullptr;
  void (*destructor)(void*) = nullptr;
  bool ending = false;  ///< somebody has said that it is to end
  bool freed = false, destructed = false, may_leak = false;

  /// "the object with 'next'": by its first cell, an object has no name of its own.
  std::string Name() const;
};

class Objects {
 public:
  Objects() = default;
  ~Objects();  ///< gives the memory back; runs no destructor
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;

  Object& Make(std::size_t bytes, std::size_t alignment);
  Object* Find(const void* address);  ///< that begins there, or null
  Object* ById(int id);
  Object* Containing(const void* place);  ///< or null
  std::vector<Object*>& all() { return objects_; }

 private:
  std::vector<Object*> objects_;
};

}  // namespace heddle::ordered
