import { describe, expect, it } from 'vitest';
import { findConfigFile } from './find-config-file.js';

const find = (env: Record<string, string | undefined>, files: readonly string[]) =>
  findConfigFile({ env, cwd: '/app', shippedDir: '/shipped', exists: (path) => files.includes(path) });

describe('the config file', () => {
  it('is the one that SLUICE_CONFIG names, also relative to the working directory', () => {
    const files = ['/app/sluice.yaml', '/etc/a.yaml', '/app/b/c.yaml'];
    expect(find({ SLUICE_CONFIG: '/etc/a.yaml' }, files)).toEqual({ path: '/etc/a.yaml', kind: 'env' });
    expect(find({ SLUICE_CONFIG: 'b/c.yaml' }, files)).toEqual({ path: '/app/b/c.yaml', kind: 'env' });
  });

  it('is never another one when SLUICE_CONFIG leads nowhere', () => {
    expect(() => find({ SLUICE_CONFIG: '/etc/none.yaml' }, ['/app/sluice.yaml'])).toThrow(
      /SLUICE_CONFIG names the file "\/etc\/none.yaml", which does not exist/,
    );
  });

  it('is sluice.yaml of the working directory, else the demo', () => {
    expect(find({ SLUICE_CONFIG: '' }, ['/app/sluice.yaml'])).toEqual({
      path: '/app/sluice.yaml',
      kind: 'local',
    });
    const shipped = (env: Record<string, string>) => find(env, []).path;
    expect(find({ OPENAI_API_KEY: '' }, [])).toEqual({ path: '/shipped/demo.yaml', kind: 'shipped' });
    expect(shipped({ OPENAI_API_KEY: 'k' })).toBe('/shipped/demo-with-openai.yaml');
    expect(shipped({ ANTHROPIC_API_KEY: 'k' })).toBe('/shipped/demo-with-anthropic.yaml');
    expect(shipped({ OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k' })).toBe(
      '/shipped/demo-with-openai-and-anthropic.yaml',
    );
  });
});
