// How much memory may a child take that runs code under test?
#pragma once

namespace heddle::stress {

/// Of this process, from now on: 2 GiB, or half of what this machine, or container, has available.
/// A program that allocates without end runs out of it before the machine does; if not, it is the
/// first that the system kills.
void LimitMemory();

}  // namespace heddle::stress
