#include "keys/key.h"

#include <mutex>
#include <set>
#include <stdexcept>

namespace heddle::keys {
namespace {

std::mutex g_names_mutex;
std::set<std::string>& Names() {
  static std::set<std::string> names;
  return names;
}

const std::string& Claim(const std::string& name) {
  ProgramText::Get();  // outlives all keys; throws before the name is taken
  const std::lock_guard lock(g_names_mutex);
  if (!Names().insert(name).second)
    throw std::invalid_argument("there is a static key '" + name +
                                "' already: share that one, or take another name");
  return name;
}

}  // namespace

Key::Key(const std::string& name) : name_(Claim(name)), sites_(name), key_(sites_) {}

Key::~Key() {
  if (key_.count() > 0) sites_.Switch(false);
  const std::lock_guard lock(g_names_mutex);
  Names().erase(name_);
}

}  // namespace heddle::keys
