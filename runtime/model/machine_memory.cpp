// Which objects does a program under check have, and which of them does it lose?
#include <algorithm>
#include <new>
#include <utility>

#include "runtime/model/machine.h"

namespace heddle {

using model::ErrorKind;
using model::Kind;
using model::Label;

void* Machine::AllocateProgram(std::size_t bytes) {
  if (bytes > Arena::kBlocksPerThread * Arena::kBlockBytes)
    Fail(ErrorKind::kTooLarge, "a program of more than 4 MB: make its arrays smaller", {});
  return arena_.Program();
}

void* Machine::Allocate(std::size_t bytes, std::size_t alignment, SourceLocation at) {
  const char* wrong = nullptr;
  if (bytes > Arena::kBlockBytes || alignment > Arena::kBlockBytes)
    wrong = "make<T>() of more than 1024 bytes: split the object";
  else if (!in_thread())
    wrong = "make<T>() belongs into a thread: use a member instead";
  else if (thread().allocations.size() >= Arena::kBlocksPerThread)
    wrong = "a thread that makes more than 4096 objects: bound its loops";
  if (wrong != nullptr) {
    Fail(ErrorKind::kTooLarge, wrong, at);
    throw std::bad_alloc();
  }
  Thread& self = thread();
  const auto n = static_cast<int>(self.allocations.size());
  void* const p = arena_.Block(running_, n);
  self.allocations.push_back({p, n * threads() + running_, self.allocation, at, self.cells});
  self.allocation = self.allocations.back().id;
  return p;
}

void Machine::EndAllocation(const void* p, void (*destructor)(void*)) {
  Allocation& a = *Find(p);
  a.destructor = destructor;
  a.end_cells = thread().cells;
  thread().allocation = a.outer;
  if (destructor != nullptr) thread().has_destructors = true;
}

void Machine::TakeBack(const void* p, SourceLocation at) {
  EndAllocation(p, nullptr);
  AnnounceEnd(Kind::kFree, Find(p)->id, 0, at);
}

// Objects of a thread lie one after the other.
Machine::Allocation* Machine::Find(const void* p) {
  const auto [t, n] = arena_.IndexOf(p);
  if (t < 0 || t >= threads()) return nullptr;
  auto& allocations = threads_[static_cast<std::size_t>(t)].allocations;
  const auto i = static_cast<std::size_t>(n);
  return i < allocations.size() && allocations[i].address == p ? &allocations[i] : nullptr;
}

Machine::Allocation& Machine::AllocationAt(int id) {
  return threads_[static_cast<std::size_t>(id % threads())]
      .allocations[static_cast<std::size_t>(id / threads())];
}

std::vector<model::Location> Machine::LocationsOf(int allocation) const {
  std::vector<model::Location> locations;
  const model::ThreadId t = allocation % threads();
  const Allocation& a = threads_[static_cast<std::size_t>(t)]
                            .allocations[static_cast<std::size_t>(allocation / threads())];
  for (int n = a.first_cell; n < a.end_cells; ++n) {
    const model::Location l = CellOfThread(n, t);
    for (const model::Location of : {l, l + threads()})  // those of waiters, too
      if (static_cast<std::size_t>(of) < cells_.size() && cell(of).allocation == allocation)
        locations.push_back(of);
  }
  return locations;
}

void Machine::AnnounceEnd(Kind kind, int allocation, model::Value value, SourceLocation at) {
  if (abandoning_ || !in_thread()) return;
  Label label{.kind = kind, .location = allocation, .value = value};
  label.file = at.file;
  label.line = at.line;
  Perform(label);
}

// The event that only one thread may have comes before the destructor, so that real memory is not
// touched by two; and the object is in use until the destructor has ended, since that may use its
// cells, and wait for other threads that do.
void Machine::Destroy(const void* p, SourceLocation at) {
  const Allocation* const a = Find(p);
  if (a == nullptr)
    return Fail(ErrorKind::kDoubleFree, "destroy() of a pointer that make() did not return", at);
  const int id = a->id;
  if (finishing_ && !freed_.insert(id).second)
    return Fail(ErrorKind::kDoubleFree, NameOf(*a) + " is freed twice", at);
  const bool has_destructor = a->destructor != nullptr;
  if (has_destructor) {
    AnnounceEnd(Kind::kDestroy, id, 0, at);
    RunDestructor(id);
  }
  AnnounceEnd(Kind::kFree, id, has_destructor ? 1 : 0, at);
}

void Machine::RunDestructor(int allocation) {
  Allocation& a = AllocationAt(allocation);
  if (a.destructor == nullptr || std::exchange(a.destructed, true)) return;
  if (running_ != allocation % threads()) threads_share_objects_ = true;
  const ModelMustReturn must_return;
  a.destructor(a.address);
}

bool Machine::MayLeak(int allocation) const {
  const auto said = [&](const Thread& t) {
    return std::find(t.allowed_leaks.begin(), t.allowed_leaks.end(), allocation) !=
           t.allowed_leaks.end();
  };
  return code_.leaks_allowed || allowed_leaks_.contains(allocation) ||
         std::any_of(threads_.begin(), threads_.end(), said);
}

// What nobody has destroyed, since the execution was given up before: its real memory.  Not after a
// crash, which may have left anything, and not what is never to be destroyed.
void Machine::DropObjects(int t) {
  Thread& owner = threads_[static_cast<std::size_t>(t)];
  if (!owner.has_destructors || damaged_) return;
  Machine* const outer = std::exchange(current_, this);
  running_ = t;
  abandoning_ = true;
  const bool ended = guard_.Call([&] {
    for (std::size_t i = 0; i < owner.allocations.size(); ++i)
      if (!MayLeak(owner.allocations[i].id)) RunDestructor(owner.allocations[i].id);
  });
  if (!ended) {
    damaged_ = true;
    stuck_ = stuck_ || guard_.crash().kind == Crash::Kind::kEndlessLoop;
  }
  abandoning_ = false;
  running_ = -1;
  current_ = outer;
}

void Machine::AllowLeak(const void* p) {
  const Allocation* const a = Find(p);
  if (a == nullptr) return;
  if (in_thread())
    thread().allowed_leaks.push_back(a->id);
  else
    allowed_leaks_.insert(a->id);
}

// By its first cell: an object has no name of its own.
std::string Machine::NameOf(const Allocation& a) const {
  const auto first = std::find_if(cells_.begin(), cells_.end(), [&](const Cell& c) {
    return c.used && !c.of_waiters && c.allocation == a.id;
  });
  return first == cells_.end() ? "an object" : "the object with '" + std::string(first->name) + "'";
}

void Machine::BeginMemoryCheck(const model::ExecutionGraph& g) {
  stored_at_end_.clear();
  freed_.clear();
  allowed_leaks_.clear();
  for (model::ThreadId t = 0; g.end_count() > 0 && t < g.thread_count(); ++t)
    for (const model::Event& e : g.thread(t))
      if (e.label.kind == Kind::kFree) freed_.insert(e.label.location);
}

void Machine::CheckOutside(const Label& label) {
  const Cell& c = cell(label.location);
  const SourceLocation at{label.file, label.line};
  if (finishing_ && freed_.contains(c.allocation))
    Fail(ErrorKind::kUseAfterFree, std::string("use of '") + c.name + "', which has been freed",
         at);
  const bool written =
      !c.uninitialised || (finishing_ && (stored_at_end_.contains(label.location) ||
                                          !final_->mo(label.location).empty()));
  if (label.is_read() && !written)
    Fail(ErrorKind::kUninitialised,
         std::string("uninitialised read of '") + c.name +
             "', which has not been written; store to it first, or give it an initial value",
         at);
}

// An object may be freed by any thread, or in Finish.
void Machine::FailIfLeaking() {
  if (code_.leaks_allowed) return;
  for (const Thread& t : threads_)
    allowed_leaks_.insert(t.allowed_leaks.begin(), t.allowed_leaks.end());
  for (std::size_t t = 0; t < threads_.size(); ++t) {
    for (const Allocation& a : threads_[t].allocations) {
      if (freed_.contains(a.id) || allowed_leaks_.contains(a.id)) continue;
      return Fail(ErrorKind::kLeak,
                  "leak: nobody destroys " + NameOf(a) + " that thread " + std::to_string(t) +
                      " makes here; destroy it in a thread or in Finish, or call leak_ok",
                  a.at);
    }
  }
}

}  // namespace heddle
