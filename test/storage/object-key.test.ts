import { expect } from 'chai';
import { objectKey, StorageError } from 'yuanjiao/storage';

describe('objectKey', () => {
  it('refuses a part that climbs out of the store', () => {
    expect(() => objectKey('a/../b')).to.throw(StorageError, 'has the part ".."');
  });
});
