#include "runtime/events/code_region.h"

#include <algorithm>
#include <string>

#include "runtime/events/ipis.h"
#include "runtime/events/label.h"
#include "runtime/events/text.h"

namespace heddle::events {
namespace {

using model::ErrorKind;
using model::Kind;
using model::Label;
using model::Value;

Value ToUnit(std::span<const std::uint8_t> bytes) {
  Value value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

Label LabelAt(Kind kind, model::Location l, SourceLocation at) {
  Label label = MakeLabel(kind, model::Order::kRelaxed, at);
  label.location = l;
  return label;
}

}  // namespace

CodeRegion::CodeRegion(Processors& processors, Ipis& ipis, Text& text,
                       std::span<const std::uint8_t> bytes, std::initializer_list<int> executors,
                       Isa isa, FetchRule rule)
    : processors_(processors),
      isa_(isa),
      unit_(FetchUnit(isa, rule)),
      bytes_(bytes.begin(), bytes.end()) {
  bytes_.resize((bytes_.size() + unit() - 1) / unit() * unit());
  locations_.assign(bytes_.size() / unit(), -1);
  ipis.AddExecutors(executors);
  text.Use(isa, rule);
}

Value CodeRegion::initial(std::size_t offset) const {
  return ToUnit(std::span(bytes_).subspan(offset / unit_ * unit_, unit_));
}

bool CodeRegion::Check(const char* what, std::size_t offset, std::size_t bytes,
                       SourceLocation at) const {
  const auto fail = [&](const std::string& why) {
    processors_.Fail(ErrorKind::kCheckFailed,
                     std::string(what) + " at offset " + std::to_string(offset) + ": " + why, at);
    return false;
  };
  if (offset > bytes_.size() || bytes > bytes_.size() - offset)
    return fail("beyond the end of the region, which has " + std::to_string(bytes_.size()) +
                " bytes");
  if (offset % unit() != 0 || bytes % unit() != 0)
    return fail(isa_ == Isa::kArm64
                    ? "not a whole word; arm64 instructions are aligned to 4 bytes"
                    : "not a whole aligned quadword, which FetchRule::kAlignedQuadword asks for");
  return true;
}

void CodeRegion::Declare(std::size_t offset, std::span<const std::uint8_t> bytes) {
  const std::size_t first = offset / unit_ * unit_;  // an instruction may begin within a quadword
  const std::size_t end = (offset + bytes.size() + unit_ - 1) / unit_ * unit_;
  if (!Check("declare_instruction", isa_ == Isa::kArm64 ? offset : first, end - first, {})) return;
  if (!processors_.in_thread()) {
    for (std::size_t i = first; i < end; i += unit_) {
      model::Location& l = locations_[i / unit_];
      if (l < 0) l = processors_.NewUnit(i, initial(i));
    }
  }
  if (!IsDeclared(offset, bytes))
    processors_.Exclusively([&] { declared_.push_back({offset, {bytes.begin(), bytes.end()}}); });
}

bool CodeRegion::IsDeclared(std::size_t offset, std::span<const std::uint8_t> bytes) const {
  bool found = false;
  processors_.Exclusively([&] {
    found = std::any_of(declared_.begin(), declared_.end(), [&](const Declared& d) {
      return d.offset == offset &&
             std::equal(d.bytes.begin(), d.bytes.end(), bytes.begin(), bytes.end());
    });
  });
  return found;
}

void CodeRegion::Write(std::size_t offset, std::span<const std::uint8_t> bytes, SourceLocation at) {
  if (!Check("write_code", offset, bytes.size(), at)) return;
  for (std::size_t i = 0; i < bytes.size(); i += unit()) {
    const model::Location l = location(offset + i);
    if (l < 0) {
      processors_.Fail(ErrorKind::kCheckFailed,
                       "write_code at offset " + std::to_string(offset + i) +
                           ": no instruction was declared there during set-up",
                       at);
      return;
    }
    Label write = LabelAt(Kind::kWrite, l, at);
    write.value = ToUnit(bytes.subspan(i, unit()));
    processors_.Perform(write);
  }
}

std::uint32_t CodeRegion::Read(std::size_t offset, SourceLocation at) {
  const std::size_t size = FetchUnit(isa_);  // what is asked for: a byte, also of a quadword
  if (!Check("read_code", isa_ == Isa::kArm64 ? offset : offset / unit_ * unit_, unit_, at))
    return 0;
  const Value unit = location(offset) < 0
                         ? initial(offset)
                         : processors_.Perform(LabelAt(Kind::kRead, location(offset), at));
  const Value part = unit >> 8 * (offset % unit_);
  return static_cast<std::uint32_t>(size == 1 ? part & 0xFF : part);
}

void CodeRegion::Maintain(Kind kind, std::size_t offset, SourceLocation at) {
  if (!Check("cache maintenance", offset, unit(), at)) return;
  if (isa_ == Isa::kX86_64) return;  // keeps its caches coherent
  if (location(offset) >= 0) processors_.Perform(LabelAt(kind, location(offset), at));
}

}  // namespace heddle::events
