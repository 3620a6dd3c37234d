import { expect } from 'chai';

import { AskingThrottle } from '../../../server/live/room/asking-throttle.ts';
import { RoomError } from '../../../server/live/room/room-error.ts';

describe('a place that asks and asks', () => {
  it('is slowed down, and nobody else', () => {
    const throttle = new AskingThrottle();
    for (let asked = 0; asked < 60; asked += 1) throttle.admit('10.0.0.1', 0);
    expect(() => throttle.admit('10.0.0.1', 0))
      .to.throw(RoomError)
      .with.property('retryAfterSeconds', 1);
    throttle.admit('10.0.0.2', 0);
    throttle.admit('10.0.0.1', 1000);
    expect(() => throttle.admit('10.0.0.1', 1500)).to.throw(RoomError);
    for (let asked = 0; asked < 60; asked += 1) throttle.admit('10.0.0.1', 3_600_000);
    expect(() => throttle.admit('10.0.0.1', 3_600_000)).to.throw(RoomError);
  });
});
