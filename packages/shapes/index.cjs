'use strict';

exports.modelFolder = __dirname;
