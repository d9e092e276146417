#include "runtime/ordered/objects.h"

#include <algorithm>
#include <new>

namespace heddle::ordered {

std::string Object::Name() const {
  return first_cell == nullptr ? "an object" : "the object with '" + std::string(first_cell) + "'";
}

Objects::~Objects() {
  for (Object* object : objects_) {
    ::operator delete(object->address, std::align_val_t(object->alignment));
    delete object;
  }
}

Object& Objects::Make(std::size_t bytes, std::size_t alignment) {
  Object* const object = new Object;
  object->bytes = bytes;
  object->alignment = std::max(alignment, alignof(std::max_align_t));
  object->address = ::operator new(bytes, std::align_val_t(object->alignment));
  objects_.push_back(object);
  return *object;
}

Object* Objects::Find(const void* address) {
  const auto found = std::find_if(objects_.begin(), objects_.end(),
                                  [&](const Object* o) { return o->address == address; });
  return found == objects_.end() ? nullptr : *found;
}

Object* Objects::ById(int id) {
  const auto found =
      std::find_if(objects_.begin(), objects_.end(), [&](const Object* o) { return o->id == id; });
  return found == objects_.end() ? nullptr : *found;
}

Object* Objects::Containing(const void* place) {
  const auto* const byte = static_cast<const std::byte*>(place);
  const auto found = std::find_if(objects_.begin(), objects_.end(), [&](const Object* o) {
    const auto* const begin = static_cast<const std::byte*>(o->address);
    return begin <= byte && byte < begin + o->bytes;
  });
  return found == objects_.end() ? nullptr : *found;
}

}  // namespace heddle::ordered
