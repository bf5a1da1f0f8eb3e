# The same addon as CMakeLists.txt makes, for those who prefer node-gyp: node scripts/build-native.mjs --gyp
{
  'targets': [{
    'target_name': 'openvino_diffusers',
    'sources': ['<!@(node scripts/native-sources.mjs)'],
    'include_dirs': ['native'],
    'variables': {
      'platform': '<!(node scripts/dev-kit.mjs platform)',
      'openvino_include': '<!(node scripts/dev-kit.mjs include)',
      'openvino_library': '<!(node scripts/dev-kit.mjs library)',
      'node_addon_api': '<!(node -p "require(\'path\').resolve(require(\'node-addon-api\').include_dir)")',
      'project_root': '<!(node -p "process.cwd()")',
    },
    'defines': ['NAPI_VERSION=9', 'NODE_ADDON_API_CPP_EXCEPTIONS', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
    'libraries': ['<(openvino_library)'],
    'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20'],
    'cflags_cc': [
      '-std=c++17', '-Wall', '-Wextra', '-fvisibility=hidden', '-fvisibility-inlines-hidden',
      '-ffp-contract=off',  # for random.cc
      '-isystem<(node_addon_api)', '-isystem<(openvino_include)',
      '-ffile-prefix-map=<(project_root)/=', '-ffile-prefix-map=<(openvino_include)/=',
    ],
    'conditions': [
      ['OS=="linux"', {
        # The reasons for these are given in CMakeLists.txt.
        'ldflags': [
          '-Wl,--enable-new-dtags', '-Wl,-z,nodelete', '-s',
          '-Wl,-rpath,\'$$ORIGIN\'', '-Wl,-rpath,\'$$ORIGIN/../../runtime/<(platform)/lib\'',
        ],
      }],
      ['OS=="mac"', {
        'include_dirs': ['<(node_addon_api)', '<(openvino_include)'],
        'xcode_settings': {
          'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
          'CLANG_CXX_LIBRARY': 'libc++',
          'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
          'GCC_ENABLE_CPP_RTTI': 'YES',
          'OTHER_CFLAGS': ['-ffp-contract=off'],
          'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
          'MACOSX_DEPLOYMENT_TARGET': '11.0',
          'OTHER_LDFLAGS': ['-Wl,-rpath,@loader_path', '-Wl,-rpath,@loader_path/../../runtime/<(platform)/lib'],
        },
      }],
      ['OS=="win"', {
        'include_dirs': ['<(node_addon_api)', '<(openvino_include)'],
        'msvs_settings': {
          'VCCLCompilerTool': {
            'ExceptionHandling': 1,
            'RuntimeTypeInfo': 'true',
            'RuntimeLibrary': 2,
            'AdditionalOptions': ['/std:c++17', '/utf-8'],
          },
        },
      }],
    ],
  }],
}
