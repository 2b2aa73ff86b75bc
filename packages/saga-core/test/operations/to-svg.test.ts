import { describe, expect, it } from 'vitest';
import { toSvg } from '../../src/operations/to-svg.js';
import { everyKind } from './order-saga.js';
import { placeInstance } from './place-instance.js';

const svg = toSvg(everyKind);

interface Place {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

describe('a saga as a picture', () => {
  it('has a box for each step, none over another, all inside the picture', () => {
    const [width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).slice(1).map(Number);
    const places = placesIn(svg);
    expect(places.map(({ name }) => name)).toEqual([...everyKind.steps.keys()]);
    for (const place of places) {
      expect(place.x).toBeGreaterThanOrEqual(0);
      expect(place.x + place.width).toBeLessThan(width);
      expect(place.y + place.height).toBeLessThan(height);
      expect(places.filter((other) => other !== place && overlap(place, other))).toEqual([]);
    }
  });

  it('puts branches side by side and stages below one another', () => {
    const y = new Map(placesIn(svg).map((place) => [place.name, place.y]));
    expect(y.get('reserveStock')).toBe(y.get('note'));
    expect(y.get('approval')).toBeGreaterThan(y.get('note') ?? Number.NaN);
  });

  it('has light and dark colours, and only one way back', () => {
    expect(svg).toContain('@media (prefers-color-scheme:dark)');
    expect(svg.match(/<path class="r"/g)).toHaveLength(1);
    expect(svg).toMatch(/class="b pivot"/);
  });

  it('marks the steps of an instance', () => {
    const drawn = toSvg(everyKind, placeInstance(everyKind, 'running', { createOrder: 'succeeded' }));
    expect(drawn).toContain('class="b done"');
    expect(drawn).toContain('class="b pivot remaining"');
    expect(drawn).toContain('aria-label="every-kind version 3: running"');
  });

  it('escapes what it writes, wherever it stands', () => {
    const hostile = toSvg({ ...everyKind, name: '<script>"\u0001&' });
    expect(hostile).not.toContain('<script>');
    expect(hostile).toContain('aria-label="&lt;script&gt;&quot; &amp; version 3"');
  });
});

function placesIn(picture: string): Place[] {
  const found = picture.matchAll(
    /<rect class="b[^"]*" x="(.+?)" y="(.+?)" width="(.+?)" height="(.+?)".*?class="t".*?>(.+?)</g,
  );
  return [...found].map(([, x, y, width, height, name = '']) => ({
    name,
    x: Number(x),
    y: Number(y),
    width: Number(width),
    height: Number(height),
  }));
}

function overlap(a: Place, b: Place): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
