# Compile settings of every target of ours: link meshwarden_settings privately.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# -O3 gives a false -Wrestrict on string concatenation with gcc 12.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")

set(MESHWARDEN_SANITIZE "" CACHE STRING "sanitizers, for example address,undefined or thread")

add_library(meshwarden_settings INTERFACE)
target_include_directories(meshwarden_settings INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(meshwarden_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror)
# clang blames std::stable_sort of libstdc++ 12 on its callers.
target_compile_options(meshwarden_settings INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
if(MESHWARDEN_SANITIZE)
  target_compile_options(meshwarden_settings INTERFACE -fsanitize=${MESHWARDEN_SANITIZE} -fno-omit-frame-pointer
                                                       -fno-sanitize-recover=all)
  target_link_options(meshwarden_settings INTERFACE -fsanitize=${MESHWARDEN_SANITIZE})
  # Third-party headers under sanitizer instrumentation give false positives of these two.
  target_compile_options(meshwarden_settings
                         INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-error=tsan>)
endif()
