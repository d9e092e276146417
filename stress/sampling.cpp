#include "stress/sampling.h"

#include <sys/resource.h>

#include <algorithm>
#include <stdexcept>

namespace heddle::stress {
namespace {

// Programs per batch, a power of two: many, so that gates are rare; few enough to stay in a CPU's
// own caches.
constexpr std::size_t kBatch = 1024;
// How many of them are run with hand-shakes, each of which may take a turn of the scheduler where
// CPUs are busy or shared: a batch should not outlast the run by much.
constexpr std::size_t kHandshakes = 128;
// Batches between two picks of a setting: about a millisecond.  The first one is for those before.
constexpr int kPerPick = 9;
// Where the CPUs are wanted by others, a batch takes longer; settings should change all the same.
constexpr std::chrono::milliseconds kLongestPick{4};

}  // namespace

long Preemptions() {
  rusage usage = {};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

Sampling::Sampling(const StressPlan& plan, bool shared_cpus, const std::vector<Knobs>& settings,
                   std::uint64_t seed, Gate& gate)
    : gate_(gate),
      threads_(plan.threads),
      shared_cpus_(shared_cpus),
      programs_(plan, kBatch, seed),
      workers_(static_cast<std::size_t>(plan.threads)),
      tuner_(
          !settings.empty() ? settings
                            : AllKnobs(kSharedClock && !shared_cpus, programs_.layouts()),
          [rows = plan.expected](const std::vector<std::int64_t>& outcome) {
            return std::none_of(rows.begin(), rows.end(), [&](const Expect& row) {
              return row.outcome == outcome && row.sc == Grade::kAllowed;
            });
          },
          seed) {
  const auto layouts = programs_.layouts();
  for (const Knobs& knobs : settings) {
    if (knobs.pacing == Pacing::kSlots && (!kSharedClock || shared_cpus || knobs.period == 0))
      throw std::invalid_argument("slots need a period, a clock that CPUs share, and a CPU each");
    if (std::find(layouts.begin(), layouts.end(), knobs.layout) == layouts.end())
      throw std::invalid_argument(plan.name + " has no layout '" + Describe(knobs)[3] + "'");
  }
}

void Sampling::Work(int thread) {
  Worker& worker = workers_[static_cast<std::size_t>(thread)];
  const auto parties = static_cast<std::size_t>(threads_);
  for (std::size_t batch = 0;; ++batch) {
    if (!gate_.Arrive([this] { Prepare(); }) || done_) return;
    if (programs_.moving()) {
      programs_.Move(static_cast<std::size_t>(thread), parties);
      if (!gate_.Arrive([this] {
            programs_.Moved();
            Start();
          })) {
        return;
      }
    }
    const long before = Preemptions();
    if (!RunBatch(thread, worker)) return;
    ++worker.pace.batches;
    // Where threads share CPUs they give them to each other.
    worker.pace.preempted += !shared_cpus_ && Preemptions() != before;
    if (!gate_.Arrive([] {})) return;
    const std::size_t turn = knobs_.renewal == Renewal::kFixed ? 0 : batch;
    programs_.batch().CollectAndRenew(Taken(), (static_cast<std::size_t>(thread) + turn) % parties,
                                      parties, knobs_.renewal == Renewal::kFlushed,
                                      worker.outcomes);
  }
}

// The programs of this batch.
PlacesView Sampling::Taken() const {
  const PlacesView places = programs_.places();
  return knobs_.pacing == Pacing::kHandshake ? places.first(kHandshakes) : places;
}

bool Sampling::RunBatch(int thread, Worker& worker) {
  const PlacesView places = Taken();
  if (knobs_.pacing == Pacing::kSlots) {
    SlotPacer pacer(start_, knobs_.period);
    programs_.batch().Run(thread, places, pacer);
    worker.pace.slots += places.size();
    worker.pace.late += pacer.late();
    return true;
  }
  if (knobs_.pacing == Pacing::kFree) {
    FreePacer pacer;
    return programs_.batch().Run(thread, places, pacer);
  }
  HandshakePacer pacer(handshake_, gate_, threads_, shared_cpus_);
  return programs_.batch().Run(thread, places, pacer);
}

// By the last thread at the gate, while the others wait there.
void Sampling::Prepare() {
  done_ = native::Stopped();
  if (batches_left_ == kPerPick - 1) {
    // Who had these programs' lines was decided by the setting before.
    unattributed_.Merge(Collected());
    Forget();
    picked_at_ = Clock::now();
  } else if (Clock::now() - picked_at_ > kLongestPick) {
    batches_left_ = 0;
  }
  if (batches_left_ == 0 || done_) Learn();
  if (done_) return;
  if (batches_left_ == 0) {
    knobs_ = tuner_.Pick();
    programs_.Place(knobs_.layout, knobs_.order);
    batches_left_ = kPerPick;
  }
  --batches_left_;
  Start();
}

void Sampling::Start() {
  handshake_.arrivals.store(0, std::memory_order_relaxed);
  start_ = Ticks() + SlotPacer::kLead;
}

void Sampling::Learn() {
  const Histogram shown = Collected();
  Forget();
  if (shown.Total() > 0)
    tuner_.Learn(shown, std::chrono::duration<double>(Clock::now() - picked_at_).count());
}

Histogram Sampling::Collected() const {
  Histogram all;
  for (const Worker& worker : workers_) all.Merge(worker.outcomes);
  return all;
}

void Sampling::Forget() {
  for (Worker& worker : workers_) worker.outcomes.Clear();
}

Histogram Sampling::Outcomes() const {
  Histogram all = tuner_.All();
  all.Merge(unattributed_);
  all.Merge(Collected());  // of a run that broke off
  return all;
}

Pace Sampling::TotalPace() const {
  Pace total;
  for (const Worker& worker : workers_) total.Add(worker.pace);
  return total;
}

}  // namespace heddle::stress
