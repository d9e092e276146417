// Does each part of Arm's order do what it is there for?
//
// First, which events of one thread are ordered: one row per part of `lob`, with the row next to it
// that lacks what the part asks for.  Second, programs of several threads, with their verdict for
// each kind of caches, by both explorers: each step of a patch, and what goes wrong without it.
#include "model/models/arm64.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "model/explorer.h"
#include "tests/support/arm64_litmus.h"

namespace heddle::model {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// --- one thread
// ---------------------------------------------------------------------------------

// "RA x, DMB.LD, W y".  Reads are R, RQ (acquire), RA (seq_cst), writes W, WL (release); + makes
// them halves of an RMW.  Reads and fetches take the newest write.  The last event depends on the
// first one as `depends` says; the address of one with an @ depends on the event before it.
ExecutionGraph Thread(const std::string& text, Dependencies depends) {
  ExecutionGraph g(1);
  std::istringstream items(text);
  EventId last{};
  for (std::string item; std::getline(items, item, ',');) {
    std::istringstream words(item);
    std::string op, where;
    words >> op >> where;
    Label l;
    if (!where.empty()) l.location = where[0] - 'x';
    const auto order = [&](char c) {
      return c == 'A' ? Order::kSeqCst : c == 'Q' ? Order::kAcquire : Order::kRelease;
    };
    if (op[0] == 'R' || op[0] == 'W') {
      l.kind = op[0] == 'R' ? Kind::kRead : Kind::kWrite;
      for (const char c : op.substr(1)) (c == '+') ? void(l.rmw = true) : void(l.order = order(c));
      if (where.ends_with("@"))
        l.depends.address = static_cast<std::uint16_t>(1U << (g.size(0) - 1));
    } else if (op == "F") {
      l.kind = Kind::kFetch;
    } else if (op == "DC" || op == "IC") {
      l.kind = op == "DC" ? Kind::kClean : Kind::kInvalidate;
    } else if (op == "ISB") {
      l.kind = Kind::kSerialize;
    } else if (op.starts_with("fence")) {
      l.order = op == "fence.acq"   ? Order::kAcquire
                : op == "fence.rel" ? Order::kRelease
                : op == "fence.sc"  ? Order::kSeqCst
                                    : Order::kRelaxed;
    } else {
      const bool dsb = op.starts_with("DSB");
      l.barrier = op.ends_with(".LD")   ? (dsb ? Barrier::kDsbLoad : Barrier::kDmbLoad)
                  : op.ends_with(".ST") ? (dsb ? Barrier::kDsbStore : Barrier::kDmbStore)
                                        : (dsb ? Barrier::kDsb : Barrier::kDmb);
    }
    last = g.Append(0, l);
    if (l.is_read()) g.SetRf(last, g.NewestWrite(l.location), 0);
    if (l.is_write()) g.InsertMo(last, static_cast<int>(g.mo(l.location).size()) + 1);
  }
  const int back = last.index;  // to the first event
  auto& to = g.at(last).label.depends;
  for (auto in : {&Dependencies::address, &Dependencies::data, &Dependencies::control})
    if (depends.*in != 0) to.*in = static_cast<std::uint16_t>(1U << (back - 1));
  return g;
}

struct Row {
  const char* thread;
  bool ordered;  // the first event before the last one
  Dependencies depends{};
};
constexpr Dependencies kAddr{1, 0, 0}, kData{0, 1, 0}, kCtrl{0, 0, 1};

TEST(Arm64LocallyOrderedBefore, IsWhatEachPartSays) {
  const Row rows[] = {
      // f-ob
      {"F x, R y", true},
      {"F x, W y", true},
      {"F x, IC x", true},
      {"F x, ISB", true},
      {"F x, F y", false},
      {"R x, F y", false},
      // DSB-ob
      {"R x, DSB, W y", true},
      {"W x, DSB, R y", true},
      {"W x, DSB, IC y", true},
      {"W x, DSB, F y", false},
      {"DC x, DSB, IC y", true},
      {"DC x, IC y", false},
      {"IC x, DSB, W y", true},
      {"IC x, W y", false},
      {"IC x, DMB, W y", false},
      {"IC x, DSB.ST, W y", false},
      {"DC x, DSB.LD, IC y", false},
      {"R x, DSB.LD, IC y", true},
      {"W x, DSB.LD, IC y", false},
      {"R x, DSB.LD, F y", false},
      {"W x, DSB.ST, IC y", true},
      {"R x, DSB.ST, IC y", false},
      {"W x, DSB.ST, F y", false},
      // IFB-ob
      {"W x, DSB, ISB, F y", true},
      {"IC x, DSB, ISB, F y", true},
      {"F x, DSB, ISB, F y", true},
      {"F x, ISB, F y", false},
      {"R x, DSB.LD, ISB, F y", true},
      {"W x, DSB.ST, ISB, F y", true},
      {"W x, DMB, ISB, F y", false},
      {"R x, ISB, F y", false},
      {"R x, ISB, DSB, F y", false},
      // bob
      {"W x, DMB, R y", true},
      {"W x, fence.sc, R y", true},
      {"R x, fence.rel, W y", true},
      {"R x, fence.acq, R y", true},
      {"W x, fence.acq, R y", false},
      {"W x, fence.rlx, W y", false},
      {"W x, DMB, DC y", true},
      {"DC x, DMB, W y", true},
      {"DC x, DMB, DC y", true},
      {"DC x, W y", false},
      {"DC x, DC y", false},
      {"W x, DMB, IC y", false},
      {"F x, F y, DMB, F z", false},
      {"R x, DMB.LD, R y", true},
      {"R x, DMB.LD, W y", true},
      {"R x, DMB.LD, DC y", false},
      {"W x, DMB.LD, W y", false},
      {"W x, DMB.ST, W y", true},
      {"R x, DMB.ST, W y", false},
      {"W x, DMB.ST, R y", false},
      {"RA x, R y", true},
      {"RQ x, W y", true},
      {"RA x, F y", false},
      {"RA x, DC y", false},
      {"R x, WL y", true},
      {"W x, WL y", true},
      {"DC x, WL y", false},
      {"WL x, RA y", true},
      {"WL x, RQ y", false},
      {"WL x, R+Q y", true},
      {"WL x, R y", false},
      {"R x, R y", false},
      {"R x, W y", false},
      {"W x, W y", false},
      {"W x, R y", false},
      // lws, and not a read after a write
      {"W x, W x", true},
      {"R x, W x", true},
      {"W x, R x", false},
      {"R x, R x", false},
      // po-scl-ob
      {"W x, DC x", true},
      {"R x, DC x", true},
      {"W x, DC y", false},
      {"DC x, W x", true},
      {"DC x, R x", true},
      {"DC x, DC x", true},
      {"W x, IC x", false},
      {"IC x, W x", false},
      {"DC x, IC x", false},
      // dob
      {"R x, R y", true, kAddr},
      {"R x, W y", true, kAddr},
      {"R x, DC y", true, kAddr},
      {"R x, IC y", true, kAddr},
      {"R x, F y", false, kAddr},
      {"R x, W y", true, kData},
      {"R x, W y", true, kCtrl},
      {"R x, DC y", true, kCtrl},
      {"R x, IC y", true, kCtrl},
      {"R x, R y", false, kCtrl},
      {"R x, F y", false, kCtrl},
      {"W x, W y", false, kCtrl},
      {"W x, W y", false, kAddr},
      {"R x, R y@, W z", true},
      {"R x, R y@, R z", false},
      {"R x, R y@, ISB, F z", true},
      {"R x, R y@, ISB, R z", true},
      {"R x, DC y@, ISB, F z", false},
      {"R x, W y@, R y", true},
      {"R x, W y@, W y, R y", false},
      // aob
      {"R+ x, W+ x, RQ x", true},
      {"R+ x, W+ x, RA x", true},
      {"R+ x, W+ x, R x", false},
      {"R x, W x, RQ x", false},
  };
  for (const Row& row : rows) {
    const ExecutionGraph g = Thread(row.thread, row.depends);
    const GraphIndex index(g);
    const Relation ob = Arm64OrderedBefore(index, CacheType::kNone).certain;
    EXPECT_EQ(ob.Has(index.number({0, 0}), index.number(IdOf(0, g.size(0) - 1))), row.ordered)
        << row.thread << " address " << row.depends.address << " data " << row.depends.data
        << " control " << row.depends.control;
  }
}

// --- several threads
// ----------------------------------------------------------------------------

struct Litmus {
  const char* name;
  std::vector<std::string> threads;  // instructions, separated by ;
  const char* condition;
  const char* verdict;  // + allowed, - forbidden: arm64, arm64-idc, arm64-idc-dic
};

// X10, X11, X12 point to x, y, z, X13 to X15 to the instructions f, g, c; X0 is a NOP, X1 1, X2 2.
std::string Herd(const Litmus& litmus) {
  std::ostringstream text;
  text << "{\n";
  for (std::size_t t = 0; t < litmus.threads.size(); ++t) {
    const std::string p = std::to_string(t) + ":X";
    text << p << "0=NOP; " << p << "1=1; " << p << "2=2; " << p << "10=x; " << p << "11=y; " << p
         << "12=z;\n";
    for (const auto& [reg, label] : {std::pair{"13=", "f"}, {"14=", "g"}, {"15=", "c"}})
      for (std::size_t u = 0; u < litmus.threads.size(); ++u)
        if ((" " + litmus.threads[u]).find(std::string(" ") + label + ":") != std::string::npos)
          text << p << reg << 'P' << u << ':' << label << ";\n";
  }
  text << "}\n";
  std::vector<std::vector<std::string>> columns;
  std::size_t rows = 0;
  for (const std::string& thread : litmus.threads) {
    auto& column = columns.emplace_back();
    std::istringstream items(thread);
    for (std::string item; std::getline(items, item, ';');) column.push_back(item);
    rows = std::max(rows, column.size());
  }
  for (std::size_t t = 0; t < columns.size(); ++t) text << (t == 0 ? "P" : "|P") << t;
  text << ";\n";
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t t = 0; t < columns.size(); ++t)
      text << (t == 0 ? "" : "|") << (row < columns[t].size() ? columns[t][row] : " ");
    text << ";\n";
  }
  return text.str();
}

// "1:X5=1 1:X9=0 x=2"
bool Holds(const std::string& condition, Arm64Litmus& program, const ExecutionGraph& g) {
  std::istringstream atoms(condition);
  bool holds = true;
  for (std::string atom; atoms >> atom;) {
    const auto equals = atom.find('='), colon = atom.find(':');
    const Value value = std::stoull(atom.substr(equals + 1));
    const Value actual =
        colon == std::string::npos
            ? program.FinalValue(g, program.Variable(atom.substr(0, equals)))
            : program.FinalRegisters(g, std::stoi(atom))[static_cast<std::size_t>(
                  Arm64Litmus::RegisterNumber(atom.substr(colon + 1, equals - colon - 1)))];
    holds = holds && actual == value;
  }
  return holds;
}

void Check(const std::vector<Litmus>& table) {
  for (const Litmus& litmus : table) {
    for (std::size_t m = 0; m < Arm64Models().size(); ++m) {
      const MemoryModel& model = *Arm64Models()[m];
      SCOPED_TRACE(std::string(litmus.name) + " under " + std::string(model.name));
      Arm64Litmus program(Herd(litmus)), observed(Herd(litmus));
      bool seen = false;
      std::set<std::uint64_t> fast, slow;
      std::uint64_t visits = 0;
      ExploreByRevisits(program, model, {}, [&](const ExecutionGraph& g) {
        seen = seen || Holds(litmus.condition, observed, g);
        fast.insert(g.Fingerprint());
        ++visits;
      });
      ExploreByBruteForce(program, model,
                          [&](const ExecutionGraph& g) { slow.insert(g.Fingerprint()); });
      EXPECT_EQ(fast, slow) << "the two explorers differ";
      EXPECT_EQ(visits, fast.size()) << "visited a graph twice";
      EXPECT_EQ(seen, litmus.verdict[m] == '+') << Herd(litmus) << litmus.condition;
    }
  }
}

const char* const kOldAfterFlag = "1:X5=1 1:X9=0";
const std::string kExecute = " f: B e; MOV W9,#1; e:";  // X9 = 1 if it was a NOP

// One CPU writes, maintains the caches and raises a flag; another sees it and executes.
TEST(Arm64Patching, WriterNeedsEachStep) {
  const std::string executor = "LDR W5,[X11]; DSB ISH; ISB;" + kExecute;
  const auto with = [&](const std::string& writer) {
    return std::vector{writer + "; STR W1,[X11]", executor};
  };
  const std::string str = "STR W0,[X13]; ", dc = "DC CVAU,X13; ", ic = "IC IVAU,X13; ";
  Check({
      {"all of it", with(str + dc + "DSB ISH; " + ic + "DSB ISH"), kOldAfterFlag, "---"},
      {"no DC", with(str + "DSB ISH; " + ic + "DSB ISH"), kOldAfterFlag, "+--"},
      {"DSB ST for the DC", with(str + "DSB ISHST; " + ic + "DSB ISH"), kOldAfterFlag, "+--"},
      {"no IC", with(str + dc + "DSB ISH"), kOldAfterFlag, "++-"},
      {"neither", with(str + "DSB ISH"), kOldAfterFlag, "++-"},
      {"neither, DMB ST", with(str + "DMB ISHST"), kOldAfterFlag, "++-"},
      {"nothing", with("STR W0,[X13]"), kOldAfterFlag, "+++"},
      {"no DSB before IC", with(str + dc + ic + "DSB ISH"), kOldAfterFlag, "++-"},
      {"DMB before IC", with(str + dc + "DMB ISH; " + ic + "DSB ISH"), kOldAfterFlag, "++-"},
      {"DSB ST before IC", with(str + dc + "DSB ISHST; " + ic + "DSB ISH"), kOldAfterFlag, "+--"},
      {"no DSB after IC", with(str + dc + "DSB ISH; IC IVAU,X13"), kOldAfterFlag, "++-"},
      {"DMB after IC", with(str + dc + "DSB ISH; " + ic + "DMB ISH"), kOldAfterFlag, "++-"},
      {"DC before the write", with(dc + str + "DSB ISH; " + ic + "DSB ISH"), kOldAfterFlag, "+--"},
      {"IC before DC", with(str + "DSB ISH; " + ic + "DSB ISH; " + dc + "DSB ISH"), kOldAfterFlag,
       "+--"},
      {"DC of another line", with(str + "DSB ISH; DC CVAU,X10; DSB ISH; " + ic + "DSB ISH"),
       kOldAfterFlag, "+--"},
      {"DC and IC of another line", with(str + "DC CVAU,X10; DSB ISH; IC IVAU,X10; DSB ISH"),
       kOldAfterFlag, "++-"},
  });
}

TEST(Arm64Patching, ExecutorNeedsContextSynchronisation) {
  const std::string writer =
      "STR W0,[X13]; DC CVAU,X13; DSB ISH; IC IVAU,X13; DSB ISH; STR W1,[X11]";
  const auto with = [&](const std::string& executor) {
    return std::vector{writer, "LDR W5,[X11]; " + executor + kExecute};
  };
  Check({
      {"DSB, ISB", with("DSB ISH; ISB;"), kOldAfterFlag, "---"},
      {"DSB LD, ISB", with("DSB ISHLD; ISB;"), kOldAfterFlag, "---"},
      {"ctrl, ISB", with("CBNZ W5,l; l: ISB;"), kOldAfterFlag, "---"},
      {"addr, ISB", with("EOR W6,W5,W5; LDR W7,[X12,W6,SXTW]; ISB;"), kOldAfterFlag, "---"},
      {"no ISB", with("DSB ISH;"), kOldAfterFlag, "+++"},
      {"ctrl, no ISB", with("CBNZ W5,l; l:"), kOldAfterFlag, "+++"},
      {"no DSB", with("ISB;"), kOldAfterFlag, "+++"},
      {"DMB for DSB", with("DMB ISH; ISB;"), kOldAfterFlag, "+++"},
      {"DSB ST for DSB", with("DSB ISHST; ISB;"), kOldAfterFlag, "+++"},
      {"ISB before DSB", with("ISB; DSB ISH;"), kOldAfterFlag, "+++"},
      {"acquire, ISB", {writer, "LDAR W5,[X11]; ISB;" + kExecute}, kOldAfterFlag, "+++"},
  });
}

TEST(Arm64Patching, MaintenanceMayBeSharedOut) {
  const auto executor = [&](const std::string& maintenance) {
    return "LDR W5,[X11]; DSB ISH; " + maintenance + "ISB;" + kExecute;
  };
  const std::string clean = "STR W0,[X13]; DC CVAU,X13; DSB ISH; STR W1,[X11]";
  Check({
      {"the executor invalidates",
       {clean, executor("IC IVAU,X13; DSB ISH;")},
       kOldAfterFlag,
       "---"},
      {"nobody does", {clean, executor("")}, kOldAfterFlag, "++-"},
      {"the executor does both",
       {"STR W0,[X13]; DMB ISHST; STR W1,[X11]",
        executor("DC CVAU,X13; DSB ISH; IC IVAU,X13; DSB ISH;")},
       kOldAfterFlag,
       "---"},
      {"DMB suffices after DC, if the executor invalidates",
       {"STR W0,[X13]; DC CVAU,X13; DMB ISH; STR W1,[X11]", executor("IC IVAU,X13; DSB ISH;")},
       kOldAfterFlag,
       "---"},
      {"a third CPU cleans",
       {"STR W0,[X13]; DMB ISH; STR W1,[X10]", executor("IC IVAU,X13; DSB ISH;"),
        "LDR W5,[X10]; DSB ISH; DC CVAU,X13; DSB ISH; STR W1,[X11]"},
       "1:X5=1 2:X5=1 1:X9=0",
       "---"},
  });
}

TEST(Arm64Patching, OwnCodeNeedsTheSame) {
  Check({
      {"all of it",
       {"STR W0,[X13]; DC CVAU,X13; DSB ISH; IC IVAU,X13; DSB ISH; ISB;" + kExecute},
       "0:X9=0",
       "---"},
      {"no ISB",
       {"STR W0,[X13]; DC CVAU,X13; DSB ISH; IC IVAU,X13; DSB ISH;" + kExecute},
       "0:X9=0",
       "+++"},
      {"ISB only", {"STR W0,[X13]; ISB;" + kExecute}, "0:X9=0", "+++"},
      {"DSB, ISB", {"STR W0,[X13]; DSB ISH; ISB;" + kExecute}, "0:X9=0", "++-"},
      {"read back, then stale", {"STR W0,[X13]; LDR W5,[X13];" + kExecute}, "0:X9=0", "+++"},
      {"not from the future", {"f: B e; MOV W9,#1; e: STR W0,[X13]"}, "0:X9=1", "---"},
  });
}

TEST(Arm64Fetches, OrderWhatComesAfterThemAndEachOther) {
  const std::string twice =
      "BL f; MOV W5,W9; MOV W9,#0; BL f; B end; f: B e; MOV W9,#1; e: RET; end:";
  const std::string g_then_f = "g: B h; MOV W8,#1; h: ;" + kExecute;
  Check({
      {"data after new code",
       {"STR W1,[X10]; DMB ISHST; STR W0,[X13]", "f: B e; MOV W9,#1; e: LDR W5,[X10]"},
       "1:X9=1 1:X5=0",
       "---"},
      {"own new code is executed, so others see it",
       {"STR W0,[X13];" + kExecute + " STR W1,[X11]",
        "LDR W5,[X11]; DMB ISHLD; LDR W6,[X13]; CMP W6,W0; CSET W7,EQ"},
       "0:X9=1 1:X5=1 1:X7=0",
       "---"},
      {"new, then old", {"STR W0,[X13]", twice}, "1:X5=1 1:X9=0", "++-"},
      {"two sites, all of it",
       {"STR W0,[X13]; DC CVAU,X13; DSB ISH; IC IVAU,X13; DSB ISH; STR W0,[X14]", g_then_f},
       "1:X8=1 1:X9=0",
       "---"},
      {"two sites, no DSB after IC",
       {"STR W0,[X13]; DC CVAU,X13; DSB ISH; IC IVAU,X13; STR W0,[X14]", g_then_f},
       "1:X8=1 1:X9=0",
       "++-"},
      {"two sites, DMB",
       {"STR W0,[X13]; DMB ISHST; STR W0,[X14]", g_then_f},
       "1:X8=1 1:X9=0",
       "++-"},
      // An IC that comes after a stale fetch is, with its DSB and ISB, before a later stale fetch.
      {"through a third CPU's fetch",
       {"STR W0,[X13]; DC CVAU,X13; DSB ISH; STR W1,[X10]", "c: B d; MOV W7,#1; d: ;" + kExecute,
        "LDR W5,[X10]; DSB ISH; IC IVAU,X13; DSB ISH; ISB; g: B h; MOV W8,#1; h:",
        "STR W0,[X14]; DC CVAU,X14; DSB ISH; IC IVAU,X14; DSB ISH; STR W0,[X15]"},
       "1:X7=1 1:X9=0 2:X5=1 2:X8=0",
       "---"},
  });
}

TEST(Arm64Data, IsArmv8) {
  const std::string reader = "LDR W5,[X11]; DMB ISHLD; LDR W6,[X10]";
  Check({
      {"MP+dmb.st+dmb.ld",
       {"STR W1,[X10]; DMB ISHST; STR W1,[X11]", reader},
       "1:X5=1 1:X6=0",
       "---"},
      {"MP+po+dmb.ld", {"STR W1,[X10]; STR W1,[X11]", reader}, "1:X5=1 1:X6=0", "+++"},
      {"MP+dmb.st+ctrl",
       {"STR W1,[X10]; DMB ISHST; STR W1,[X11]", "LDR W5,[X11]; CBNZ W5,l; l: LDR W6,[X10]"},
       "1:X5=1 1:X6=0",
       "+++"},
      {"MP+stlr+ldapr",
       {"STR W1,[X10]; STLR W1,[X11]", "LDAPR W5,[X11]; LDR W6,[X10]"},
       "1:X5=1 1:X6=0",
       "---"},
      {"MP+dmb+rmw-ldapr",
       {"STR W1,[X10]; DMB ISH; STR W1,[X11]", "LDADD W1,W5,[X11]; LDAPR W6,[X11]; LDR W7,[X10]"},
       "1:X5=1 1:X6=2 1:X7=0",
       "---"},
      {"MP+dmb+rmw-ldr",
       {"STR W1,[X10]; DMB ISH; STR W1,[X11]", "LDADD W1,W5,[X11]; LDR W6,[X11]; LDR W7,[X10]"},
       "1:X5=1 1:X6=2 1:X7=0",
       "+++"},
      {"MP+stlr;po+dmb.ld",
       {"STR W1,[X10]; STLR W1,[X11]; STR W2,[X11]", reader},
       "1:X5=2 1:X6=0",
       "---"},
      {"S+dmb.st+data",
       {"STR W2,[X10]; DMB ISHST; STR W1,[X11]", "LDR W5,[X11]; STR W5,[X10]"},
       "1:X5=1 x=2",
       "---"},
      {"S+dmb.st+po",
       {"STR W2,[X10]; DMB ISHST; STR W1,[X11]", "LDR W5,[X11]; STR W1,[X10]"},
       "1:X5=1 x=2",
       "+++"},
      {"SB+dmbs",
       {"STR W1,[X10]; DMB ISH; LDR W5,[X11]", "STR W1,[X11]; DMB ISH; LDR W5,[X10]"},
       "0:X5=0 1:X5=0",
       "---"},
      {"SB+stlr+ldar",
       {"STLR W1,[X10]; LDAR W5,[X11]", "STLR W1,[X11]; LDAR W5,[X10]"},
       "0:X5=0 1:X5=0",
       "---"},
      {"SB+stlr+ldapr",
       {"STLR W1,[X10]; LDAPR W5,[X11]", "STLR W1,[X11]; LDAPR W5,[X10]"},
       "0:X5=0 1:X5=0",
       "+++"},
      {"SB+rfi-addr+dmb",
       {"STR W1,[X10]; LDR W5,[X10]; EOR W6,W5,W5; LDR W7,[X11,W6,SXTW]",
        "STR W1,[X11]; DMB ISH; LDR W5,[X10]"},
       "0:X5=1 0:X7=0 1:X5=0",
       "+++"},
      {"2+2W+dmbs",
       {"STR W1,[X10]; DMB ISH; STR W2,[X11]", "STR W1,[X11]; DMB ISH; STR W2,[X10]"},
       "x=1 y=1",
       "---"},
      {"IRIW+dmbs",
       {"STR W1,[X10]", "STR W1,[X11]", "LDR W5,[X10]; DMB ISH; LDR W6,[X11]",
        "LDR W5,[X11]; DMB ISH; LDR W6,[X10]"},
       "2:X5=1 2:X6=0 3:X5=1 3:X6=0",
       "---"},
      {"CoRR", {"STR W1,[X10]", "LDR W5,[X10]; LDR W6,[X10]"}, "1:X5=1 1:X6=0", "---"},
      {"CoWR", {"STR W1,[X10]; LDR W5,[X10]"}, "0:X5=0", "---"},
      {"increments", {"LDADD W1,W5,[X10]", "LDADD W1,W5,[X10]"}, "0:X5=0 1:X5=0", "---"},
  });
}

// --- axioms and errors
// --------------------------------------------------------------------------

std::vector<std::string> Violated(const ExecutionGraph& g) {
  std::vector<std::string> names;
  for (const AxiomResult& result : Arm64().check(g)) {
    if (!result.holds) names.emplace_back(result.name);
    EXPECT_EQ(result.holds, result.witness.empty()) << result.name;
  }
  return names;
}

Label Data(Kind kind, Location location, Value value = 0, bool rmw = false) {
  return {.kind = kind, .rmw = rmw, .location = location, .value = value};
}

TEST(Arm64Axioms, EachCanBeViolated) {
  ExecutionGraph buffering(2);  // load buffering: the only axiom that is not Arm's
  const EventId rx = buffering.Append(0, Data(Kind::kRead, 0));
  const EventId ry = buffering.Append(1, Data(Kind::kRead, 1));
  const EventId wy = buffering.Append(0, Data(Kind::kWrite, 1, 1));
  const EventId wx = buffering.Append(1, Data(Kind::kWrite, 0, 1));
  buffering.InsertMo(wy, 1);
  buffering.InsertMo(wx, 1);
  buffering.SetRf(rx, wx, 1);
  buffering.SetRf(ry, wy, 1);
  EXPECT_THAT(Violated(buffering), ElementsAre("no-thin-air"));

  ExecutionGraph torn(2);  // a write between the halves of an increment
  torn.SetRf(torn.Append(0, Data(Kind::kRead, 0, 1, true)), InitOf(0), 0);
  torn.InsertMo(torn.Append(1, Data(Kind::kWrite, 0, 7)), 1);
  torn.InsertMo(torn.Append(0, Data(Kind::kWrite, 0, 1, true)), 2);
  EXPECT_THAT(Violated(torn), ElementsAre("atomicity"));

  ExecutionGraph own(1);  // a read that is older than its thread's write
  own.InsertMo(own.Append(0, Data(Kind::kWrite, 0, 1)), 1);
  own.SetRf(own.Append(0, Data(Kind::kRead, 0)), InitOf(0), 0);
  EXPECT_THAT(Violated(own), ElementsAre("internal"));

  ExecutionGraph code(1);  // a fetch may be, unless the caches were maintained
  code.InsertMo(code.Append(0, Data(Kind::kWrite, 0, 1)), 1);
  const auto barrier = [&](Barrier b) { code.Append(0, {.kind = Kind::kFence, .barrier = b}); };
  code.Append(0, Data(Kind::kClean, 0));
  barrier(Barrier::kDsb);
  code.Append(0, Data(Kind::kInvalidate, 0));
  barrier(Barrier::kDsb);
  ExecutionGraph without_isb = code;
  without_isb.SetRf(without_isb.Append(0, Data(Kind::kFetch, 0)), InitOf(0), 0);
  EXPECT_THAT(Violated(without_isb), ElementsAre());
  code.Append(0, {.kind = Kind::kSerialize});
  code.SetRf(code.Append(0, Data(Kind::kFetch, 0)), InitOf(0), 0);
  EXPECT_THAT(Violated(code), ElementsAre("external"));
}

TEST(Arm64ModificationWhileExecuting, IsAnErrorOutsideTheSafeSet) {
  const auto explore = [](const MemoryModel& model, const std::vector<std::string>& threads) {
    Arm64Litmus program(Herd({"", threads, "", ""}));
    program.set_judges_modification(true);
    return ExploreByRevisits(program, model, {}, nullptr).violation;
  };
  const std::string writer = "STR W0,[X13]";
  const std::string patch =
      "STR W0,[X13]; DC CVAU,X13; DSB ISH; IC IVAU,X13; DSB ISH; STR W1,[X11]";
  for (const MemoryModel* model : Arm64Models()) {
    SCOPED_TRACE(model->name);
    EXPECT_FALSE(explore(*model, {writer, "f: B e; e:"})) << "B to NOP";
    const auto violation = explore(*model, {writer, "f: ADD W9,W9,#1"});
    ASSERT_TRUE(violation) << "ADD to NOP";
    EXPECT_EQ(violation->kind, ErrorKind::kConstrainedUnpredictable);
    EXPECT_THAT(violation->message,
                AllOf(HasSubstr("0x10000000000"), HasSubstr("0x10000000001"), HasSubstr("'P1:f'")))
        << "names both encodings and the place";
    // Nobody can be there: the writer waits for the executor to have passed, or keeps it out.
    EXPECT_FALSE(explore(*model, {"LDR W5,[X11]; CBZ W5,out; " + patch + "; out:",
                                  "f: ADD W9,W9,#1; STR W1,[X11]"}));
    const std::string kept_out = "LDR W5,[X11]; CBZ W5,out; ISB; f: ADD W9,W9,#1; out:";
    EXPECT_FALSE(explore(*model, {patch, kept_out}));
    EXPECT_TRUE(explore(*model, {patch, "LDR W5,[X11]; CBZ W5,out; f: ADD W9,W9,#1; out:"}))
        << "no ISB: the executor may have fetched before it saw the flag";
  }
  Arm64Litmus unjudged(Herd({"", {writer, "f: ADD W9,W9,#1"}, "", ""}));
  EXPECT_FALSE(ExploreByRevisits(unjudged, Arm64(), {}, nullptr).violation);
}

}  // namespace
}  // namespace heddle::model
