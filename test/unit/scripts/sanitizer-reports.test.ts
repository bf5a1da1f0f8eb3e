import { describe, expect, it } from 'vitest';

import { readReports } from '../../../scripts/sanitizers/reports.mjs';

const race = (access: string, previous: string): string => `==================
WARNING: ThreadSanitizer: data race (pid=4242)
  Write of size 8 at 0x7b0400000010 by thread T5:
    #0 memcpy ../../../../src/libsanitizer/tsan/tsan_interceptors.inc:827 (libtsan.so.2+0x6243e)
    ${access}
    #2 uv__worker <null> (node+0x1234)

  Previous read of size 8 at 0x7b0400000010 by main thread:
    ${previous}
    #1 node::Start(int, char**) <null> (node+0x99)

  Location is heap block of size 16 at 0x7b0400000010 allocated by main thread:
    #0 operator new(unsigned long) ../../../../src/libsanitizer/tsan/tsan_new_delete.cpp:64 (libtsan.so.2+0x8f6f)
    #1 Tensor::Tensor(Napi::CallbackInfo const&) /src/native/objects/tensor.cc:30 (openvino_diffusers.node+0x1111)

  Thread T5 (tid=4250, running) created by main thread at:
    #0 pthread_create ../../../../src/libsanitizer/tsan/tsan_interceptors_posix.cpp:1001 (libtsan.so.2+0x63a99)
    #1 Environment::Environment() /src/native/environment.cc:12 (openvino_diffusers.node+0x2222)

SUMMARY: ThreadSanitizer: data race /src/native/environment.cc:12 in Environment
==================
`;
const ourFrame = '#1 Environment::Drain() /src/native/environment.cc:70 (openvino_diffusers.node+0x3333)';
const theirFrame = '#1 ov::intel_cpu::Graph::Infer() <null> (libopenvino_intel_cpu_plugin.so+0x4444)';
/** OpenVINO's code, called by the standard library's that was compiled into the addon. */
const theirDestructor = `#1 ov::Node::safe_delete(std::vector<std::shared_ptr<ov::Node> >&, bool) <null> (libopenvino.so.2640+0x4525f9)
    #2 std::_Sp_counted_base<(__gnu_cxx::_Lock_policy)2>::_M_release() /usr/include/c++/12/bits/shared_ptr_base.h:175 (openvino_diffusers.node+0x446c5)
    #3 operator() native/objects/compiled_model.cc:86 (openvino_diffusers.node+0x446c5)`;
const theirCopyOfTheStandardLibrary = `#1 std::string::assign(char const*) <null> (libopenvino.so.2640+0x77)
    ${ourFrame.replace('#1', '#2')}`;
const ourCopyOfTheStandardLibrary = `#1 std::vector<float>::push_back(float&&) <null> (openvino_diffusers.node+0x77)
    #2 std::_Sp_counted_base<(__gnu_cxx::_Lock_policy)2>::_M_release() /usr/include/c++/12/bits/shared_ptr_base.h:175 (openvino_diffusers.node+0x446c5)
    ${ourFrame.replace('#1', '#3')}`;
const nodeFrame = '#0 v8::internal::Heap::Collect() <null> (node+0x5555)';

const overflow = (frame: string): string => `=================================================================
==77==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000014 at pc 0x7f1 bp 0x7f2 sp 0x7f3
READ of size 4 at 0x602000000014 thread T0
    #0 0x7f51 in __interceptor_memcpy ../../../../src/libsanitizer/sanitizer_common/sanitizer_common_interceptors.inc:827
    ${frame}

0x602000000014 is located 0 bytes to the right of 4-byte region [0x602000000010,0x602000000014)
allocated by thread T0 here:
    #0 0x7f52 in __interceptor_malloc ../../../../src/libsanitizer/asan/asan_malloc_linux.cpp:69
    #1 0x7f53 in MappedFile::Read(Napi::CallbackInfo const&) /src/native/mapped_file.cc:120

SUMMARY: AddressSanitizer: heap-buffer-overflow /src/native/mapped_file.cc:120 in MappedFile::Read
==77==ABORTING
`;

describe('a report is ours', () => {
  it.each([
    ['when the addon writes', race(ourFrame, nodeFrame)],
    ['when the addon writes by the standard library', race(ourCopyOfTheStandardLibrary, nodeFrame)],
    ['when the addon has read before', race(theirFrame, ourFrame.replace('#1', '#0'))],
    [
      'when the addon reads past an end',
      overflow('#1 0x7f54 in Tensor::Data() /src/native/objects/tensor.cc:9'),
    ],
    [
      'when the addon overflows a number',
      '/src/native/graph/attributes.cc:40:12: runtime error: signed integer overflow: 1 + 2147483647\n    #0 0x1 in f',
    ],
    [
      'when the addon has leaked',
      `==9==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 16 byte(s) in 1 object(s) allocated from:
    #0 0x7f in operator new(unsigned long) ../../../../src/libsanitizer/asan/asan_new_delete.cpp:95
    #1 0x80 in Core::Core(Napi::CallbackInfo const&) /src/native/core.cc:20
`,
    ],
  ])('%s', (_, log) => {
    expect(readReports(log)).toMatchObject([{ isOurs: true }]);
  });
});

it('knows sources by their paths within the project', () => {
  const relative = (log: string): string =>
    log.replaceAll('/src/native/', 'native/').replaceAll(' (openvino_diffusers.node', ' (addon');
  expect(readReports(relative(race(ourFrame, nodeFrame)))).toMatchObject([{ isOurs: true }]);
  expect(
    readReports(relative(overflow('#1 0x7f54 in Tensor::Data() /src/native/tensor.cc:9'))),
  ).toMatchObject([{ isOurs: true }]);
  expect(readReports('native/tensor.cc:40:12: runtime error: signed integer overflow\n')).toMatchObject([
    { isOurs: true },
  ]);
  expect(
    readReports('deps/alternative/tensor.cc:40:12: runtime error: signed integer overflow\n'),
  ).toMatchObject([{ isOurs: false }]);
});

describe('a report is not ours', () => {
  it.each([
    [
      'when others race, even over what the addon allocated or on its thread',
      race(theirFrame, nodeFrame),
      'data race',
    ],
    ['when others free what the addon lets go of', race(theirDestructor, nodeFrame), 'data race'],
    [
      'when others write by the standard library',
      race(theirCopyOfTheStandardLibrary, nodeFrame),
      'data race',
    ],
    [
      'when others overflow what the addon allocated',
      overflow('#1 0x7f in ov::parallel() (libopenvino.so+0x1)'),
      'heap-buffer-overflow on address 0x602000000014 at pc 0x7f1 bp 0x7f2 sp 0x7f3',
    ],
    [
      "when others' sources are at fault",
      '../../deps/v8/x.h:4:1: runtime error: load of null pointer\n',
      'load of null pointer',
    ],
  ])('%s', (_, log, kind) => {
    expect(readReports(log)).toMatchObject([{ kind, isOurs: false }]);
  });
});

it('a log may hold several reports, or none', () => {
  expect(
    readReports(race(ourFrame, nodeFrame) + race(theirFrame, nodeFrame)).map(({ isOurs }) => isOurs),
  ).toEqual([true, false]);
  expect(readReports('all is well\n')).toEqual([]);
});
