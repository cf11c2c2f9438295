//! A phone's sender keys: one for each group it writes in, and those it was told of others.
//!
//! Group messages are encrypted once for all members (`skmsg`); who is to read them is given the
//! sender key beforehand, over the Signal session of two devices.

use wacore::libsignal::protocol::{
    SenderKeyDistributionMessage, SenderKeyName, SignalProtocolError,
    create_sender_key_distribution_message, group_decrypt, group_encrypt,
    process_sender_key_distribution_message,
};
use waproto::whatsapp as wa;

use crate::party::{Address, Party, Unreadable, at_once, padded, unpadded};

impl Party {
    /// The own sender key for a group, made if there is none, as it is told to others.
    pub(crate) fn group_key(
        &mut self,
        group: &str,
        own: &Address,
    ) -> Result<Vec<u8>, SignalProtocolError> {
        let message = at_once(create_sender_key_distribution_message(
            &name(group, own),
            &mut self.sender_keys,
            &mut rand::rng(),
        ))?;
        Ok(message.serialized().to_vec())
    }

    /// The next message to the group needs a new sender key.
    pub(crate) fn forget_group_key(&mut self, group: &str, own: &Address) {
        self.sender_keys.0.remove(name(group, own).cache_key());
    }

    /// Encrypts for a group with the own sender key, which has to be there.
    pub(crate) fn seal_for_group(
        &mut self,
        group: &str,
        own: &Address,
        message: &wa::Message,
    ) -> Result<Vec<u8>, SignalProtocolError> {
        let sealed = at_once(group_encrypt(
            &mut self.sender_keys,
            &name(group, own),
            &padded(message),
            &mut rand::rng(),
        ))?;
        Ok(sealed.serialized().to_vec())
    }

    /// Somebody told their sender key.
    pub(crate) fn learn_group_key(
        &mut self,
        group: &str,
        of: &Address,
        told: &[u8],
    ) -> Result<(), Unreadable> {
        let told = SenderKeyDistributionMessage::try_from(told)?;
        at_once(process_sender_key_distribution_message(
            &name(group, of),
            &told,
            &mut self.sender_keys,
        ))?;
        Ok(())
    }

    /// Decrypts what a device wrote in a group.
    pub(crate) fn open_in_group(
        &mut self,
        group: &str,
        from: &Address,
        bytes: &[u8],
    ) -> Result<wa::Message, Unreadable> {
        let opened = at_once(group_decrypt(
            bytes,
            &mut self.sender_keys,
            &name(group, from),
        ))?;
        unpadded(&opened)
    }
}

fn name(group: &str, sender: &Address) -> SenderKeyName {
    SenderKeyName::new(
        group.to_owned(),
        format!("{}:{}", sender.number, sender.device),
    )
}
