# Where is Capstone?  Capstone::Capstone, as Debian has it: headers and a shared library, no CMake
# package.
find_library(CAPSTONE_LIBRARY capstone)
find_path(CAPSTONE_INCLUDE_DIR capstone/capstone.h)
mark_as_advanced(CAPSTONE_LIBRARY CAPSTONE_INCLUDE_DIR)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Capstone
  REQUIRED_VARS CAPSTONE_LIBRARY CAPSTONE_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install the package libcapstone-dev")
if(Capstone_FOUND AND NOT TARGET Capstone::Capstone)
  add_library(Capstone::Capstone UNKNOWN IMPORTED)
  set_target_properties(Capstone::Capstone PROPERTIES
    IMPORTED_LOCATION "${CAPSTONE_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${CAPSTONE_INCLUDE_DIR}")
endif()
