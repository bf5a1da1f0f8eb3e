#!/usr/bin/env node
import { Command } from 'commander';

import { version } from '../common/version.js';
import { doctorCommand } from './doctor.js';
import { exportCommand } from './export.js';
import { generateCommand } from './generate.js';
import { reportFailure } from './report.js';
import { schedulersCommand } from './schedulers.js';

const program = new Command('openvino-diffusers')
  .description('Stable Diffusion on Intel and AMD CPUs through OpenVINO')
  .version(version)
  .option('--debug', 'print stacks and native causes of errors')
  .showSuggestionAfterError()
  .addCommand(generateCommand())
  .addCommand(exportCommand())
  .addCommand(doctorCommand())
  .addCommand(schedulersCommand());

program.parseAsync().catch((error: unknown) => {
  reportFailure(error, program.opts<{ debug?: boolean }>().debug ?? false);
});
