/** `npm run test:images`: the images as containers, apart from the other tests since it takes root, Buildah and minutes. */
import { defineConfig } from 'vitest/config';
import config from '../../vitest.config.ts';

export default defineConfig({ ...config, test: { ...config.test, include: ['test/image/containers.ts'], testTimeout: 180_000 } });
