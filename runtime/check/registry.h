// Which scenarios does this program know?  Those that objects of it have registered before main.
#pragma once

#include <vector>

#include "runtime/check/subject.h"

namespace heddle {

using DescribeSubjects = std::vector<Subject> (*)();

/// An object of static storage of this type adds scenarios to AllSubjects (declared in subject.h),
/// behind those registered before.
struct RegisterSubjects {
  explicit RegisterSubjects(DescribeSubjects describe);
};

/// Throws std::invalid_argument if there are none, or if two have one name.
void RefuseBadCatalog(const std::vector<Subject>& subjects);

}  // namespace heddle
