#include "runtime/ordered/matching.h"

#include <cstring>
#include <string_view>

#include "model/event_text.h"

namespace heddle::ordered {

using model::Kind;
using model::Label;
using model::Value;

model::Value HashOf(const Wide::Bytes& bytes) {
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Numbers below 2^32, negative ones included, are no addresses.
bool Matching::Go(Value in_model, Value here, const Cell& cell) {
  const std::uint8_t bytes = cell.bytes;
  const auto is_small = [](Value v) { return v + (Value{1} << 32) < (Value{1} << 33); };
  if (bytes < 8 || !cell.holds_address || (is_small(in_model) && is_small(here) && bytes == 8))
    return in_model == here;
  return here_.emplace(in_model, here).first->second == here &&
         in_model_.emplace(here, in_model).first->second == in_model;
}

bool Matching::IsSameLocation(model::Location location, Cell& cell) {
  if (cell.location >= 0) return cell.location == location;
  const auto l = static_cast<std::size_t>(location);
  if (l >= schedule_.locations.size() || schedule_.locations[l] != cell.Name() ||
      !cells_.emplace(location, &cell).second)
    return false;
  cell.location = location;
  return true;
}

bool Matching::IsSame(const model::Event& event, const Label& label, Cell* cell) {
  Label in_model = event.label;
  Label here = label;
  for (Label* l : {&in_model, &here}) {
    l->value = l->expected = 0;
    if (cell != nullptr) l->location = 0;
  }
  if (!SameOperation(in_model, here)) return false;
  if (cell == nullptr)
    return event.label.value == label.value && event.label.expected == label.expected;
  if (!IsSameLocation(event.label.location, *cell)) return false;
  // How far apart elements are depends on their size, which is another here.
  const bool counts_bytes = cell->holds_pointer && label.rmw && label.op == model::RmwOp::kAdd;
  return (counts_bytes || Go(event.label.value, label.value, *cell)) &&
         Go(event.label.expected, label.expected, *cell);
}

bool Matching::IsSameValue(const model::Event& event, Value read, const Cell& cell) {
  return !event.label.is_read() || Go(event.value, read, cell);
}

std::string Describe(const Label& label, const Cell* cell) {
  const std::string order = model::Name(label.order);
  const std::string name = cell == nullptr ? "" : " " + cell->Name();
  std::string text;
  switch (label.kind) {
    case Kind::kRead:
      text = (label.rmw ? "U " : "R ") + order + name;
      break;
    case Kind::kWrite:
      text = "W " + order + name + " = " + model::Show(label.value);
      break;
    case Kind::kChoice:
      text = label.interrupts ? "an interrupt" : "choose of " + model::Show(label.value);
      break;
    case Kind::kFree:
    case Kind::kDestroy:
      text = std::string(model::Name(label.kind)) + " object " + std::to_string(label.location);
      break;
    default:
      text = std::string(model::Name(label.kind)) + " " + order + name;
  }
  if (label.line == 0) return text;
  const char* const slash = std::strrchr(label.file, '/');
  return text + ", " + (slash == nullptr ? label.file : slash + 1) + ":" +
         std::to_string(label.line);
}

}  // namespace heddle::ordered
