"""Exercise 08.1, token_values: what people get wrong, other right answers, and the shortest right one."""

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

LINE = "return critic(ids).logits.squeeze(-1)[:, prompt_length - 1 : -1]"

wrong("These are the values after each token: the critic has already seen the token that is about to be drawn.", {
    LINE: "return critic(ids).logits.squeeze(-1)[:, prompt_length:]",
})  # fmt: skip

wrong("The values of the prompt are among them; only the completion's tokens are drawn.", {
    LINE: "return critic(ids).logits.squeeze(-1)[:, :-1]",
})  # fmt: skip

wrong("There is one value too many: no token is drawn in the state after the last column.", {
    LINE: "return critic(ids).logits.squeeze(-1)[:, prompt_length - 1 :]",
})  # fmt: skip

wrong("The last dimension, of size 1, is still there; one number for each token is asked for.", {
    LINE: "return critic(ids).logits[:, prompt_length - 1 : -1]",
})  # fmt: skip

wrong("squeeze() without a dimension removes every dimension of size 1, also that of a batch with one text.", {
    LINE: "return critic(ids).logits[:, prompt_length - 1 : -1].squeeze()",
})  # fmt: skip

wrong("The values carry no gradient: the critic cannot learn.", {
    LINE: "return critic(ids).logits.squeeze(-1)[:, prompt_length - 1 : -1].detach()",
})  # fmt: skip

wrong("The critic never sees the prompt.", {
    LINE: "return critic(ids[:, prompt_length - 1 :]).logits.squeeze(-1)[:, :-1]",
})  # fmt: skip

wrong("Every token has the value of the prompt: this critic knows nothing of the answer so far.", {
    LINE: "values = critic(ids).logits.squeeze(-1)[:, prompt_length - 1 : -1]\n"
          "return values[:, :1].expand_as(values)",
})  # fmt: skip

right("the last dimension is indexed", {LINE: "return critic(ids).logits[:, prompt_length - 1 : -1, -1]"})


@right("the last token is not read at all: no value stands behind it")
def token_values(critic, ids, prompt_length):
    values = critic(ids[:, :-1]).logits[..., 0]
    return values[:, prompt_length - 1 :]


@core("one line")
def token_values_in_one_line(critic, ids, prompt_length):
    return critic(ids).logits[:, prompt_length - 1 : -1, 0]
