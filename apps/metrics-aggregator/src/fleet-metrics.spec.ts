import { requestCompleted } from '@sluice/testing';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { FleetMetrics } from './fleet-metrics.js';

function fleet(): { metrics: FleetMetrics; text: () => Promise<string> } {
  const registry = new Registry();
  return { metrics: new FleetMetrics(registry), text: () => registry.metrics() };
}

describe('FleetMetrics', () => {
  it('counts requests, tokens by kind, dollars, latency and first token by model, provider and outcome', async () => {
    const { metrics, text } = fleet();
    metrics.count(
      requestCompleted({ timing: { queueMs: 0, overheadMs: 0, firstTokenMs: 150, totalMs: 900 } }),
    );
    const found = await text();
    const labels = 'model="demo-chat",provider="demo",outcome="succeeded"';
    expect(found).toContain(`sluice_requests_total{${labels}} 1`);
    expect(found).toContain(`sluice_tokens_total{${labels},kind="input"} 10`);
    expect(found).toContain(`sluice_tokens_total{${labels},kind="output"} 5`);
    expect(found).toContain(`sluice_cost_usd_total{${labels}} 0.0000015`);
    expect(found).toContain(`sluice_request_duration_seconds_bucket{le="1",${labels}} 1`);
    expect(found).toContain(`sluice_first_token_seconds_bucket{le="0.1",${labels}} 0`);
    expect(found).toContain(`sluice_first_token_seconds_bucket{le="0.2",${labels}} 1`);
  });

  it('a request without model and provider is under "none"', async () => {
    const { metrics, text } = fleet();
    metrics.count(requestCompleted({ requestedModel: null, provider: null, outcome: 'rejected' }));
    expect(await text()).toContain(
      'sluice_requests_total{model="none",provider="none",outcome="rejected"} 1',
    );
  });

  it('from the 101st model on, all share the labels "other", and no request is lost', async () => {
    const { metrics, text } = fleet();
    for (let index = 0; index < 150; index += 1)
      metrics.count(requestCompleted({ requestedModel: `m${index}` }));
    metrics.count(requestCompleted({ requestedModel: 'm0' }));
    const lines = (await text()).split('\n').filter((line) => line.startsWith('sluice_requests_total{'));
    expect(lines).toHaveLength(101);
    expect(lines).toContain('sluice_requests_total{model="other",provider="other",outcome="succeeded"} 50');
    expect(lines).toContain('sluice_requests_total{model="m0",provider="demo",outcome="succeeded"} 2');
  });
});
