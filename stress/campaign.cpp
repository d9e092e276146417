#include "stress/campaign.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "stress/end_signals.h"
#include "stress/wall_clock.h"

namespace heddle::stress {

using std::chrono::milliseconds;

namespace {

// Of a scenario that always fails, a night would fill a disk: beyond these, evidence is not kept,
// and failures come once a second at most.
constexpr std::uint64_t kToldFailures = 10;
constexpr milliseconds kBetweenFailures{1000};
constexpr int kMostInVain = 10;

// For who has taken no sample.
constexpr int kSecondChances = 3;
constexpr milliseconds kSecondChance{500};

void RestFor(milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end && !EndSignals::Came())
    std::this_thread::sleep_for(milliseconds(20));
}

}  // namespace

Campaign::Campaign(const std::vector<StressPlan>& plans, std::vector<ScenarioInfo> infos,
                   const Topology& topology, const CampaignOptions& options, ResultsDb* db)
    : plans_(plans),
      infos_(std::move(infos)),
      options_(options),
      cpus_(topology.cpus()),
      schedule_(plans, topology, options.request.duration, options.request.seed),
      db_(db) {
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    ScenarioTotal& total = totals_.emplace_back();
    total.info = &infos_[i];
    CountOutcomes(plans_[i], {}, total.sum);
    total.sum.scenario = plans_[i].name;
    total.sum.seed = options.request.seed;
    Judge(plans_[i], total.sum);
  }
}

void Campaign::GoOnWith(const Unfinished& run) {
  for (const PieceRecord& piece : run.pieces) Count(piece, piece.isolated.result.duration);
  schedule_.Skip(run.pieces.size());
}

void Campaign::Run(const OnPiece& on_piece) {
  const EndSignals end_signals;
  while (spent_ < options_.request.duration && !schedule_.empty() && GoesOn()) {
    Piece piece = schedule_.Next();
    piece.duration =
        std::clamp(options_.request.duration - spent_, milliseconds(1), piece.duration);
    RunPiece(std::move(piece), on_piece);
  }
  // Where the time was too short for processes to begin, everybody has had his turn all the same.
  for (std::size_t plan = 0; plan < plans_.size(); ++plan) {
    const ScenarioTotal& total = totals_[plan];
    for (int i = 0; i < kSecondChances && total.sum.samples == 0 && total.failed_pieces == 0; ++i) {
      if (!GoesOn()) break;
      Piece piece = schedule_.Of(plan);
      piece.duration = std::max(piece.duration, kSecondChance);
      RunPiece(std::move(piece), on_piece);
    }
  }
  interrupted_ = EndSignals::Came();
}

bool Campaign::GoesOn() const {
  return !(failed_ && options_.until_failure) && !EndSignals::Came() && in_vain_ < kMostInVain;
}

void Campaign::RunPiece(Piece piece, const OnPiece& on_piece) {
  PieceRecord record;
  record.piece = std::move(piece);
  const StressPlan& plan = plans_[record.piece.plan];
  record.scenario = plan.name;
  record.begun = WallClock();
  const auto begin = std::chrono::steady_clock::now();
  try {
    record.isolated = RunIsolated(plan, {.duration = record.piece.duration,
                                         .cpus = record.piece.placement.cpus,
                                         .seed = record.piece.seed,
                                         .disturb = options_.request.disturb,
                                         .move_to = MoveTo(record.piece.placement.sharing, cpus_)});
  } catch (const std::exception& e) {
    // What stands in the way may go: a limit of processes, a CPU that is off for a while.
    gave_up_ = e.what();
    // As if it had run: the others are to have their turns.
    schedule_.Spent(record.piece.plan, record.piece.placement.sharing,
                    std::max(record.piece.duration, kBetweenFailures));
    if (++in_vain_ < kMostInVain) RestFor(kBetweenFailures);
    return;
  }
  in_vain_ = 0;
  gave_up_.clear();
  Count(record, std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin));
  const bool often = totals_[record.piece.plan].failed_pieces > kToldFailures;
  if (often) record.isolated.evidence = nullptr;
  if (db_ != nullptr) db_->Add(record);
  on_piece(record);
  if (often && !record.isolated.failure.empty()) RestFor(kBetweenFailures);
}

void Campaign::Count(const PieceRecord& record, milliseconds cost) {
  const std::size_t plan = record.piece.plan;
  const Sharing sharing = record.piece.placement.sharing;
  const StressResult& result = record.isolated.result;
  ScenarioTotal& total = totals_[plan];
  Merge(result, total.sum);
  Judge(plans_[plan], total.sum);
  StressResult& placed = total.by_placement[sharing];
  Merge(result, placed);
  placed.knobs.clear();
  // What took no time would be taken again and again, as would what fails at once.
  const milliseconds spent = std::max(cost, milliseconds(1));
  schedule_.Spent(plan, sharing,
                  record.isolated.failure.empty() ? spent : std::max(spent, kBetweenFailures));
  spent_ += spent;
  if (record.isolated.failure.empty()) return;
  failed_ = true;
  ++total.failed_pieces;
  if (options_.most_failures > 0 && total.failed_pieces >= options_.most_failures) {
    total.rested = true;
    schedule_.Rest(plan);
  }
}

}  // namespace heddle::stress
